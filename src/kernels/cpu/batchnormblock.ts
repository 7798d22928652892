import type { Shape } from '../backend.ts';
import type { BlockAttributes, PoolAttributes } from '../ops.ts';
import { batchNorm, batchNormBackward } from './batchnorm.ts';
import { dropout } from './dropout.ts';
import { type CpuKernel, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';
import { maxPool2d, maxPool2dScatter } from './pool2d.ts';

function temporary(machine: Machine, shape: Shape): View {
  return { address: machine.temporary(4 * sizeOf(shape)), shape, dtype: 'float' };
}

/** Windows of one value need no pooling: the image is what they take. */
function windows({ pool }: BlockAttributes): PoolAttributes | null {
  return pool[0] === 1 && pool[1] === 1 ? null : { kernel: pool, stride: pool, padding: [0, 0, 0, 0] };
}

/** The kernels of its parts one after the other, so that its bits are theirs; steps that do nothing are left out. */
export const batchNormBlock: CpuKernel<'batchNormBlock'> = (
  machine,
  inputs,
  [y, ...statistics],
  attributes,
) => {
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
