/** What each op must at least move and compute, from its shapes: the other half of GB/s and GFLOP/s. */
import { type Backend, type Shape, sizeOf } from 'pcg-engine';
import { formatShape } from '../../src/base/errors.ts';
import type { Operand } from '../../src/kernels/backend.ts';
import type { KernelName, OpAttributes } from '../../src/kernels/ops.ts';
import type { WebgpuBuffer } from '../../src/kernels/webgpu/buffer.ts';

export interface Work {
  /** Every input read once and every output written once. */
  readonly bytes: number;
  /** Multiply-adds count two; exp, tanh and so on count one. */
  readonly flops: number;
}

type Flops<K extends KernelName> = (
  inputs: readonly Shape[],
  outputs: readonly Shape[],
  attributes: OpAttributes[K],
) => number;

/** Per output of a convolution: its window, two operations a tap. `weight` is [outC, inC/groups, kH, kW]. */
function convolution(output: Shape, weight: Shape): number {
  return 2 * sizeOf(output) * sizeOf(weight.slice(1));
}

/** Per element of the first input, or of the output where that is larger. */
function each(count: number): Flops<KernelName> {
  return ([x], [y]) => count * Math.max(sizeOf(x!), sizeOf(y!));
}

/** All positions of [N, F, P]. */
function positionsOf(x: Shape): number {
  return x[0]! * x[2]!;
}

/** At one position: `w` [heads, K] after a tanh layer `v` [K, F], or alone. */
function scores(w: Shape, v: Shape | null): number {
  return 2 * sizeOf(w) + (v ? 2 * sizeOf(v) : 0);
}

const table: { readonly [K in KernelName]?: Flops<K> } = {
  matmul: ([a], [y], { transposeA }) => 2 * sizeOf(y!) * a!.at(transposeA ? -2 : -1)!,
  conv2d: ([, weight], [y], { pool }) => convolution(y!, weight!) * (pool ? pool[0] * pool[1] : 1),
  conv2dInputGrad: ([dy, weight]) => convolution(dy!, weight!),
  conv2dWeightGrad: ([, dy], [dw]) => convolution(dy!, dw!),
  maxPool2d: (_, [y], { kernel }) => sizeOf(y!) * kernel[0] * kernel[1],
  maxPool2dScatter: ([, dy], _, { kernel }) => sizeOf(dy!) * kernel[0] * kernel[1],
  avgPool2d: (_, [y], { kernel }) => sizeOf(y!) * kernel[0] * kernel[1],
  batchNorm: each(7),
  batchNormBackward: each(10),
  // Normalised, compared and dropped per element of x, which is larger than what comes out.
  batchNormBlock: each(10),
  batchNormBlockBackward: each(16),
  squeezeExcitation: each(2),
  squeezeExcitationBackward: each(5),
  layerNorm: each(7),
  layerNormBackward: each(12),
  softmax: each(5),
  logSoftmax: each(5),
  softmaxCrossEntropy: each(7),
  softmaxCrossEntropyBackward: each(8),
  attentionPool: ([x, ...rest]) => {
    const [w, v] = rest.length === 4 ? [rest[2]!, rest[0]!] : [rest[0]!, null];
    return positionsOf(x!) * (scores(w, v) + 2 * x![1]! * w[0]!);
  },
  // Scores once more, and each product of the way there twice on the way back.
  attentionPoolBackward: ([x, , ...rest]) => {
    const [w, v] = rest.length === 4 ? [rest[2]!, rest[0]!] : [rest[0]!, null];
    return positionsOf(x!) * (3 * scores(w, v) + 4 * x![1]! * w[0]!);
  },
  attention: ([q, k, v]) => 2 * sizeOf(q!.slice(0, 2)) * k![1]! * (q![2]! + v![2]!),
  attentionBackward: ([q, k, v]) => 2 * sizeOf(q!.slice(0, 2)) * k![1]! * (3 * q![2]! + 2 * v![2]!),
  dropout: each(2),
  globalNorm: (inputs) => inputs.reduce((sum, shape) => sum + 2 * sizeOf(shape), 0),
  adamwStep: each(12),
  sgdStep: each(4),
  // Only moved.
  broadcastTo: each(0),
  permute: each(0),
  slice: each(0),
  pad: each(0),
  concat: each(0),
  pack: each(0),
  gather: each(0),
};

/** Bytes that hold the values of an operand, as they lie on the device. */
function bytesOf({ buffer, shape }: Operand): number {
  return sizeOf(shape) * ((buffer as Partial<WebgpuBuffer>).storage === 'f16' ? 2 : 4);
}

/** Ops that are not in the table count one operation an element. */
export function workOf<K extends KernelName>(
  op: K,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  attributes: OpAttributes[K],
): Work {
  const flops = (table[op] as Flops<K> | undefined) ?? (each(1) as Flops<K>);
  const shapes = (operands: readonly Operand[]) => operands.map(({ shape }) => shape);
  return {
    bytes: [...inputs, ...outputs].reduce((sum, operand) => sum + bytesOf(operand), 0),
    flops: flops(shapes(inputs), shapes(outputs), attributes),
  };
}

/** The work of everything that `body` runs on a backend, by op and shapes as profiles name them. */
export async function workOfStep(
  backend: Backend,
  body: () => Promise<unknown>,
): Promise<ReadonlyMap<string, Work>> {
  const sums = new Map<string, Work>();
  const { run } = backend;
  backend.run = function (this: Backend, op, inputs, outputs, attributes) {
    run.call(this, op, inputs, outputs, attributes as never);
    const name = `${op} ${inputs.map(({ shape }) => formatShape(shape)).join(' ')}`;
    const { bytes, flops } = workOf(op, inputs, outputs, attributes);
    const before = sums.get(name) ?? { bytes: 0, flops: 0 };
    sums.set(name, { bytes: before.bytes + bytes, flops: before.flops + flops });
  };
  try {
    await body();
  } finally {
    backend.run = run;
  }
  return sums;
}
