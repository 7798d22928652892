import { SCALAR, takeStatistics, tilingOf, VECTOR } from './channel.ts';
import { grid, type WebgpuKernel } from './kernel.ts';

/** Buffers are bound in another order by each kernel: the types of those that hold Values. */
const FORWARD = {
  vector: { ...VECTOR, X: 'vec4<T0>', Y: 'vec4<T4>' },
  scalar: { ...SCALAR, X: 'T0', Y: 'T4' },
};
const SUMS = {
  vector: { ...VECTOR, X: 'vec4<T0>', DY: 'vec4<T1>' },
  scalar: { ...SCALAR, X: 'T0', DY: 'T1' },
};
const BACKWARD = {
  vector: { ...SUMS.vector, DX: 'vec4<T3>' },
  scalar: { ...SUMS.scalar, DX: 'T3' },
};
const BACKWARD_SINGLE = {
  vector: { ...SUMS.vector, DX: 'vec4<T6>' },
  scalar: { ...SUMS.scalar, DX: 'T6' },
};
const YES = { SINGLE: 1 };
const NO = { SINGLE: 0 };

/** Values below it become 0. */
const floorOf = (relu: boolean) => (relu ? 0 : Number.NEGATIVE_INFINITY);

/** One dispatch where a channel is one tile, else two: statistics of tiles, then all of y. */
export const batchNorm: WebgpuKernel<'batchNorm'> = (
  gpu,
  [x, gamma, beta],
  [y, mean, variance],
  { epsilon, relu },
) => {
  const tiling = tilingOf(x!.shape);
  const { kind, channels, tiles, plane, count } = tiling;
  // One tile takes its statistics itself; it binds something all the same.
  const partials = tiles === 1 ? gpu.temporary(2) : takeStatistics(gpu, x!, tiling);
  gpu.dispatch({
    shader: 'batchnorm',
    defines: FORWARD[kind],
    constants: tiles === 1 ? YES : NO,
    inputs: [x!, gamma!, beta!, partials],
    outputs: [y!, mean!, variance!],
    integers: [channels, tiles, plane, count, tiling.size, tiling.tile],
    floats: [epsilon, floorOf(relu)],
    workgroups: grid(channels * tiles, 1),
  });
};

/** One dispatch where a channel is one tile and the device binds nine buffers, else two: sums of tiles, then dx. */
export const batchNormBackward: WebgpuKernel<'batchNormBackward'> = (
  gpu,
  inputs,
  outputs,
  { epsilon, relu },
) => {
  const { kind, channels, tiles, plane, count } = tilingOf(inputs[0]!.shape);
  const parameters = {
    integers: [channels, tiles, plane, count],
    floats: [epsilon, floorOf(relu)],
    workgroups: grid(channels * tiles, 1),
  };
  if (tiles === 1 && gpu.limits.maxStorageBuffersPerShaderStage >= 9) {
    const defines = BACKWARD_SINGLE[kind];
    gpu.dispatch({ shader: 'batchnorm-backward-single', defines, inputs, outputs, ...parameters });
    return;
  }
  const sums = gpu.temporary(4 * channels * (tiles + 1));
  gpu.dispatch({
    shader: 'batchnorm-backward-sums',
    defines: SUMS[kind],
    inputs,
    outputs: [sums],
    ...parameters,
  });
  gpu.dispatch({
    shader: 'batchnorm-backward',
    defines: BACKWARD[kind],
    inputs: [inputs[0]!, inputs[1]!, sums],
    outputs,
    ...parameters,
  });
};
