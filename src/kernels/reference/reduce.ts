import type { Shape } from '../backend.ts';
import { countOf, forEachIndex, offsetOf, type ReferenceKernel, stridesOf } from './kernel.ts';

/** Strides into the reduced array by the input's index: 0 along the axes that are reduced. */
function reducedStrides(shape: Shape, axes: readonly number[]): number[] {
  const kept = stridesOf(shape.map((size, axis) => (axes.includes(axis) ? 1 : size)));
  return kept.map((stride, axis) => (axes.includes(axis) ? 0 : stride));
}

/** Sum over `axes`; 0 where nothing is summed. */
export const sum: ReferenceKernel<'sum'> = ([x], [y], { axes }) => {
  y.data.fill(0, 0, countOf(y.shape));
  const strides = reducedStrides(x.shape, axes);
  forEachIndex(x.shape, (flat, index) => {
    y.data[offsetOf(index, strides)]! += x.data[flat]!;
  });
};

/** Greatest value over `axes`; NaN if any is NaN; −Infinity where there is nothing. */
export const max: ReferenceKernel<'max'> = ([x], [y], { axes }) => {
  y.data.fill(-Infinity, 0, countOf(y.shape));
  const strides = reducedStrides(x.shape, axes);
  forEachIndex(x.shape, (flat, index) => {
    const at = offsetOf(index, strides);
    y.data[at] = Math.max(y.data[at]!, x.data[flat]!);
  });
};
