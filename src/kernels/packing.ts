import type { Shape } from './backend.ts';

/** Parts of a packed vector begin at multiples of this: 256 bytes of float32, what WebGPU asks of views. */
export const PACK_ALIGNMENT = 64;

/** Where tensors of these sizes begin when they lie one after the other, and how long the whole is. */
export function packing(sizes: readonly number[]): {
  readonly starts: readonly number[];
  readonly length: number;
} {
  let length = 0;
  const starts = sizes.map((size) => {
    const start = length;
    length += Math.ceil(size / PACK_ALIGNMENT) * PACK_ALIGNMENT;
    return start;
  });
  return { starts, length };
}

/** `packing` of the sizes of shapes. */
export function packingOf(shapes: readonly Shape[]) {
  return packing(shapes.map((shape) => shape.reduce((product, extent) => product * extent, 1)));
}
