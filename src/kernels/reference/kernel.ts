import type { Shape } from '../backend.ts';
import type { KernelName, OpAttributes } from '../ops.ts';

export type Data = Float64Array | Int32Array;

/** A contiguous, row-major array: the kernel's view of an operand. `data` may be longer than the shape needs. */
export interface ReferenceOperand {
  readonly data: Data;
  readonly shape: Shape;
}

/** What op K computes, in float64. Writes every element of every output; inputs are only read. */
export type ReferenceKernel<K extends KernelName> = (
  inputs: readonly ReferenceOperand[],
  outputs: readonly ReferenceOperand[],
  attributes: OpAttributes[K],
) => void;

/** Number of elements of `shape`; 1 for a scalar. */
export function countOf(shape: Shape): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Distance in elements between neighbours along each axis, row-major. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Calls `visit(flat, index)` for every element of `shape`, row-major; `index` is reused between calls. */
export function forEachIndex(shape: Shape, visit: (flat: number, index: readonly number[]) => void): void {
  const count = countOf(shape);
  const index = new Array<number>(shape.length).fill(0);
  for (let flat = 0; flat < count; flat++) {
    visit(flat, index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

/** Σ index·strides. */
export function offsetOf(index: readonly number[], strides: readonly number[]): number {
  let offset = 0;
  for (let axis = 0; axis < strides.length; axis++) offset += index[axis]! * strides[axis]!;
  return offset;
}
