import type { DType, Shape } from '../backend.ts';
import type { OpAttributes } from '../ops.ts';
import type { Machine } from './machine.ts';
import type { PackedForms } from './packedforms.ts';

/** A tensor as a cpu kernel sees it: contiguous, row-major values from `address` on. */
export interface View {
  readonly address: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** What is kept of its values in other orders; none for temporaries. */
  readonly forms?: PackedForms;
}

/** Lays out arguments, counts pieces and launches. Shapes have been checked by the op's shape rule. */
export type CpuKernel<K extends keyof OpAttributes> = (
  machine: Machine,
  inputs: readonly View[],
  outputs: readonly View[],
  attributes: OpAttributes[K],
) => void;

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** How many pieces of `chunk` cover `count`. */
export function pieces(count: number, chunk: number): number {
  return Math.ceil(count / chunk);
}
