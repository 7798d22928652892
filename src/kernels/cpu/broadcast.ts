import type { OpAttributes } from '../ops.ts';
import { type CpuKernel, pieces, sizeOf } from './kernel.ts';
import { broadcastArguments } from './strides.ts';

/** Elements a piece; CHUNK in wasm/broadcast.ts. */
const CHUNK = 16384;

/** y = f(a, b) over the broadcast shape. Equal shapes, scalars, biases and [N,C,1,1] all become short walks. */
function binary<K extends keyof OpAttributes>(kernel: string): CpuKernel<K> {
  return (machine, [a, b], [y]) => {
    const shape = y!.shape;
    const count = sizeOf(shape);
    const walk = broadcastArguments(kernel, a!.shape, b!.shape, shape);
    const integers = [y!.address, a!.address, b!.address, count, ...walk];
    machine.launch(kernel, pieces(count, CHUNK), integers, [], { work: count });
  };
}

export const add = binary<'add'>('addKernel');
export const sub = binary<'sub'>('subKernel');
export const mul = binary<'mul'>('mulKernel');
export const div = binary<'div'>('divKernel');
export const maximum = binary<'maximum'>('maximumKernel');
export const minimum = binary<'minimum'>('minimumKernel');
export const greater = binary<'greater'>('greaterKernel');
export const equal = binary<'equal'>('equalKernel');
export const reluBackward = binary<'reluBackward'>('reluBackwardKernel');
