/** Softmax, its logarithm and cross-entropy along rows: `wgsl/softmax*.wgsl`. */
import { type Gpu, grid, groups, sizeOf, type View, type WebgpuKernel } from './kernel.ts';

/** Longer rows get a workgroup each. */
const SHORT = 256;

const SOFTMAX = { RESULT: 'exp(value - greatest) / sum' };
const LOG_SOFTMAX = { RESULT: '(value - greatest) - log(sum)' };

/** Invocations that share a row: a power of two, about a value to four each. */
function lanesFor(length: number, most: number): number {
  let lanes = 1;
  while (lanes < most && 4 * lanes < length) lanes *= 2;
  return lanes;
}

function alongRows(gpu: Gpu, x: View, y: View, defines: Readonly<Record<string, string>>): void {
  const size = sizeOf(x.shape);
  const length = x.shape[x.shape.length - 1]!;
  const rows = size / length;
  const short = length <= SHORT;
  const lanes = short ? lanesFor(length, 32) : 256;
  gpu.dispatch({
    shader: short ? 'softmax-short' : 'softmax',
    defines,
    inputs: [x],
    outputs: [y],
    integers: short ? [rows, length, lanes] : [rows, length],
    workgroups: grid(groups(rows, 256 / lanes), 1),
  });
}

export const softmax: WebgpuKernel<'softmax'> = (gpu, [x], [y]) => alongRows(gpu, x!, y!, SOFTMAX);

export const logSoftmax: WebgpuKernel<'logSoftmax'> = (gpu, [x], [y]) => alongRows(gpu, x!, y!, LOG_SOFTMAX);

/** One workgroup: batches are small. */
export const softmaxCrossEntropy: WebgpuKernel<'softmaxCrossEntropy'> = (
  gpu,
  inputs,
  outputs,
  { divisor },
) => {
  const [rows, length] = inputs[0]!.shape as [number, number];
  gpu.dispatch({
    shader: 'softmax-cross-entropy',
    inputs,
    outputs,
    integers: [rows, length, lanesFor(length, 256)],
    floats: [1 / divisor],
    workgroups: [1, 1, 1],
  });
};

export const softmaxCrossEntropyBackward: WebgpuKernel<'softmaxCrossEntropyBackward'> = (
  gpu,
  inputs,
  outputs,
  { divisor },
) => {
  const [rows, length] = inputs[0]!.shape as [number, number];
  const lanes = lanesFor(length, 256);
  gpu.dispatch({
    shader: 'softmax-cross-entropy-backward',
    inputs,
    outputs,
    integers: [rows, length, lanes],
    floats: [1 / divisor],
    workgroups: grid(groups(rows, 256 / lanes), 1),
  });
};
