import { keyOf } from '../../base/philox.ts';
import { grid, groups, sizeOf, type WebgpuKernel } from './kernel.ts';

/** Drops the same units as every other backend. */
export const dropout: WebgpuKernel<'dropout'> = (gpu, [x], [y], attributes) => {
  const { p, perChannel, seed, stream, step } = attributes;
  const count = sizeOf(x!.shape);
  const vectors = groups(count, 4);
  const [keyLow, keyHigh] = keyOf(seed);
  const random = [Math.round(p * 65536), step, stream, keyLow, keyHigh];
  const size = perChannel ? sizeOf(x!.shape.slice(2)) : 1;
  const channels = size > 1;
  gpu.dispatch({
    shader: channels ? 'dropout-channels' : 'dropout',
    inputs: [x!],
    outputs: [y!],
    integers: channels ? [vectors, size, ...random] : [vectors, ...random],
    floats: [1 / (1 - p)],
    workgroups: channels ? grid(vectors, 1024) : grid(vectors, 512),
  });
};
