import { keyOf } from '../../base/philox.ts';
import { planColumns } from '../window-plan.ts';
import { groups, type WebgpuKernel } from './kernel.ts';

/** Elements a workgroup: four an invocation. */
const CHUNK = 1024;
/** Whole vectors where windows are whole numbers of them. */
const VECTORS = { OUTPUT: 'vec4<T3>', WRITE: 'output[(row * size + element) / 4u] = vec4<T3>(value);' };
const SCALARS = {
  OUTPUT: 'T3',
  WRITE:
    'for (var i = 0u; i < min(4u, size - element); i++) { output[row * size + element + i] = T3(value[i]); }',
};

/** A plan that reaches outside of the store reads some other value of it: here nobody can look and refuse. */
export const augmentWindows: WebgpuKernel<'augmentWindows'> = (gpu, inputs, [y], attributes) => {
  const { bands, frames, frequencyMasks, timeMasks, gain, noise, mixup, seed, stream, step } = attributes;
  const [low, high] = keyOf(seed);
  const size = bands * frames;
  gpu.dispatch({
    shader: 'augment',
    defines: size % 4 === 0 ? VECTORS : SCALARS,
    inputs,
    outputs: [y!],
    integers: [
      bands,
      frames,
      planColumns(frequencyMasks + timeMasks),
      frequencyMasks,
      timeMasks,
      gain ? 1 : 0,
      noise ? 1 : 0,
      mixup ? 1 : 0,
      step,
      stream,
      low,
      high,
    ],
    workgroups: [groups(size, CHUNK), y!.shape[0]!, 1],
  });
};
