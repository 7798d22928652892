import { keyOf } from '../../base/philox.ts';
import type { Shape } from '../backend.ts';
import type { BlockAttributes, PoolAttributes } from '../ops.ts';
import { batchNorm, batchNormBackward } from './batchnorm.ts';
import { dropout } from './dropout.ts';
import { type CpuKernel, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';
import { KEYS } from './philox.ts';
import { maxPool2d, maxPool2dScatter } from './pool2d.ts';

function temporary(machine: Machine, shape: Shape): View {
  return { address: machine.temporary(4 * sizeOf(shape)), shape, dtype: 'float' };
}

/** Windows of one value need no pooling: the image is what they take. */
function windows({ pool }: BlockAttributes): PoolAttributes | null {
  return pool[0] === 1 && pool[1] === 1 ? null : { kernel: pool, stride: pool, padding: [0, 0, 0, 0] };
}

/** Elements whose masks are drawn at a time; MASKS in wasm/batchnormblock.ts. */
const MASKS = 1024;
/** Unit of dropout in wasm/batchnormblock.ts. */
const [NONE, ELEMENT, CHANNEL] = [0, 1, 2];

/** One kernel for pooling by 2×2 and all around it; false where the block is another. */
function inOne(
  machine: Machine,
  kernel: 'batchNormBlock' | 'batchNormBlockBackward',
  inputs: readonly View[],
  outputs: readonly View[],
  { epsilon, pool, dropout: drop }: BlockAttributes,
): boolean {
  const threshold = Math.round(drop.p * 65536);
  if (pool[0] !== 2 || pool[1] !== 2 || threshold >= 65536) return false;
  const [N, C, H, W] = inputs[0]!.shape as [number, number, number, number];
  const unit = drop.p === 0 ? NONE : drop.perChannel ? CHANNEL : ELEMENT;
  const random = [threshold, drop.step, drop.stream, ...keyOf(drop.seed)];
  const addresses = [...outputs, ...inputs].map((view) => view.address);
  machine.launch(kernel, C, [N, C, H, W, unit!, ...random, ...addresses], [epsilon, 1 / (1 - drop.p)], {
    work: 5 * N * C * H * W,
    // Draws begin at whole ones of 8 and end at whole ones of 64.
    scratch: KEYS + 4 * (Math.max(MASKS, W) + 128),
  });
  return true;
}

/** With the bits of the kernels of its parts: those one after the other, but for those that do nothing, or one kernel. */
export const batchNormBlock: CpuKernel<'batchNormBlock'> = (
  machine,
  inputs,
  [y, ...statistics],
  attributes,
) => {
  if (inOne(machine, 'batchNormBlock', inputs, [y!, ...statistics], attributes)) return;
  const { epsilon, dropout: drop } = attributes;
  const pool = windows(attributes);
  const pooled = drop.p > 0 && pool ? temporary(machine, y!.shape) : y!;
  const active = drop.p > 0 || pool ? temporary(machine, inputs[0]!.shape) : y!;
  batchNorm(machine, inputs, [active, ...statistics], { epsilon, relu: true });
  if (pool) maxPool2d(machine, [active], [pooled], pool);
  if (drop.p > 0) dropout(machine, [pool ? pooled : active], [y!], drop);
};

export const batchNormBlockBackward: CpuKernel<'batchNormBlockBackward'> = (
  machine,
  [x, dy, ...rest],
  outputs,
  attributes,
) => {
  if (inOne(machine, 'batchNormBlockBackward', [x!, dy!, ...rest], outputs, attributes)) return;
  const { epsilon, dropout: drop } = attributes;
  const pool = windows(attributes);
  let gradient = dy!;
  if (drop.p > 0) {
    gradient = temporary(machine, dy!.shape);
    dropout(machine, [dy!], [gradient], drop);
  }
  if (pool) {
    const active = temporary(machine, x!.shape);
    const scattered = temporary(machine, x!.shape);
    normalise(machine, [x!, ...rest], active, epsilon);
    maxPool2dScatter(machine, [active, gradient], [scattered], pool);
    gradient = scattered;
  }
  batchNormBackward(machine, [x!, gradient, ...rest], outputs, { epsilon, relu: true });
};

/** y of batchNorm with relu once more, given (x, gamma, beta, mean, variance). */
function normalise(machine: Machine, inputs: readonly View[], y: View, epsilon: number): void {
  const { shape } = inputs[0]!;
  const addresses = [y, ...inputs].map((view) => view.address);
  machine.launch(
    'batchNormApply',
    shape[1]!,
    [...addresses, shape[0]!, shape[1]!, sizeOf(shape.slice(2)), 1],
    [epsilon],
    { work: sizeOf(shape) },
  );
}
