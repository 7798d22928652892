import type { Shape } from '../backend.ts';
import type { KernelName } from '../ops.ts';
import { forEachIndex, offsetOf, type ReferenceKernel, stridesOf } from './kernel.ts';

/**
 * Strides that read an array of shape `from` as if it had shape `to`: axes are aligned at the end, and an
 * axis that is missing or has size 1 is not moved along (stride 0).
 */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : own[axis - missing]!));
}

/** y = f(a, b) over the broadcast shape of a and b, which is y's. */
function binary<K extends KernelName>(f: (a: number, b: number) => number): ReferenceKernel<K> {
  return ([a, b], [y]) => {
    const aStrides = broadcastStrides(a.shape, y.shape);
    const bStrides = broadcastStrides(b.shape, y.shape);
    forEachIndex(y.shape, (flat, index) => {
      y.data[flat] = f(a.data[offsetOf(index, aStrides)]!, b.data[offsetOf(index, bStrides)]!);
    });
  };
}

export const add = binary<'add'>((a, b) => a + b);
export const sub = binary<'sub'>((a, b) => a - b);
export const mul = binary<'mul'>((a, b) => a * b);
export const div = binary<'div'>((a, b) => a / b);
/** NaN if either is NaN. */
export const maximum = binary<'maximum'>(Math.max);
/** NaN if either is NaN. */
export const minimum = binary<'minimum'>(Math.min);
export const greater = binary<'greater'>((a, b) => (a > b ? 1 : 0));
export const equal = binary<'equal'>((a, b) => (a === b ? 1 : 0));
/** The derivative at 0 is taken as 0. */
export const reluBackward = binary<'reluBackward'>((x, g) => (x > 0 ? g : 0));

export const broadcastTo: ReferenceKernel<'broadcastTo'> = ([x], [y]) => {
  const strides = broadcastStrides(x.shape, y.shape);
  forEachIndex(y.shape, (flat, index) => {
    y.data[flat] = x.data[offsetOf(index, strides)]!;
  });
};
