import { formatShape, ShapeError } from '../../base/errors.ts';
import { fill } from './fill.ts';
import { type CpuKernel, pieces, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';
import { broadcastStrides, collapse, stridesOf, type Walk, walkArguments } from './strides.ts';

/** Elements a piece; CHUNK in wasm/layout.ts. */
const CHUNK = 16384;
/** Columns a block of a transposition; BLOCK in wasm/layout.ts. */
const BLOCK = 16;
/** Columns a piece of scatterAdd; COLUMNS in wasm/layout.ts. */
const COLUMNS = 256;

/** y[walk] = x[walk]; addresses are those of the walk's first elements, strides those of (y, x). */
function copy(machine: Machine, op: string, y: number, x: number, walk: Walk): void {
  const merged = collapse(walk);
  const count = sizeOf(merged.sizes);
  if (count === 0) return;
  const [yStrides, xStrides] = merged.strides;
  const last = merged.sizes.length - 1;
  const contiguousInX = xStrides!.indexOf(1);
  // Where x stands still along the last axis, rows are filled.
  const turned = contiguousInX >= 0 && contiguousInX !== last && xStrides![last] !== 0;
  if (yStrides![last] === 1 && turned && merged.sizes[last]! >= 4) {
    transpose(machine, op, y, x, merged, contiguousInX);
  } else {
    const integers = [y, x, count, 0, ...walkArguments(op, merged)];
    machine.launch('copyKernel', pieces(count, CHUNK), integers, [], { work: count });
  }
}

/** The copy whose last axis is contiguous in y, and `axis` contiguous in x. */
function transpose(machine: Machine, op: string, y: number, x: number, walk: Walk, axis: number): void {
  const last = walk.sizes.length - 1;
  const toLastButOne = (values: readonly number[]) => [
    ...values.filter((_, i) => i !== axis && i !== last),
    values[axis]!,
    values[last]!,
  ];
  const turned = { sizes: toLastButOne(walk.sizes), strides: walk.strides.map(toLastButOne) };
  const count = sizeOf(walk.sizes);
  const columns = walk.sizes[axis]!;
  const length = walk.sizes[last]!;
  const units = (count / columns / length) * Math.ceil(columns / BLOCK);
  const perPiece = Math.max(1, Math.floor(CHUNK / (Math.min(BLOCK, columns) * length)));
  const integers = [y, x, perPiece, units, ...walkArguments(op, turned)];
  machine.launch('transposeKernel', pieces(units, perPiece), integers, [], { work: 2 * count });
}

/** Where element `index` of a row-major array is, in bytes behind its first. */
function byteOffset(index: readonly number[], strides: readonly number[]): number {
  let offset = 0;
  for (let axis = 0; axis < strides.length; axis++) offset += index[axis]! * strides[axis]!;
  return 4 * offset;
}

export const broadcastTo: CpuKernel<'broadcastTo'> = (machine, [x], [y]) => {
  const sizes = y!.shape;
  const strides = [stridesOf(sizes), broadcastStrides(x!.shape, sizes)];
  copy(machine, 'broadcastTo', y!.address, x!.address, { sizes, strides });
};

export const permute: CpuKernel<'permute'> = (machine, [x], [y], { axes }) => {
  const own = stridesOf(x!.shape);
  const strides = [stridesOf(y!.shape), axes.map((axis) => own[axis]!)];
  copy(machine, 'permute', y!.address, x!.address, { sizes: y!.shape, strides });
};

export const slice: CpuKernel<'slice'> = (machine, [x], [y], { start }) => {
  const from = stridesOf(x!.shape);
  const strides = [stridesOf(y!.shape), from];
  copy(machine, 'slice', y!.address, x!.address + byteOffset(start, from), { sizes: y!.shape, strides });
};

export const pad: CpuKernel<'pad'> = (machine, [x], [y], { before, value }) => {
  fill(machine, y!.address, sizeOf(y!.shape), value);
  const to = stridesOf(y!.shape);
  const strides = [to, stridesOf(x!.shape)];
  copy(machine, 'pad', y!.address + byteOffset(before, to), x!.address, { sizes: x!.shape, strides });
};

export const concat: CpuKernel<'concat'> = (machine, inputs, [y], { axis }) => {
  const to = stridesOf(y!.shape);
  let start = 0;
  for (const x of inputs) {
    const strides = [to, stridesOf(x.shape)];
    copy(machine, 'concat', y!.address + 4 * start * to[axis]!, x.address, { sizes: x.shape, strides });
    start += x.shape[axis]!;
  }
};

/** Refuses indices that do not name one of `size` slices; a kernel would read or write elsewhere. */
function checkIndices(machine: Machine, op: string, indices: View, axis: number, size: number): void {
  const count = sizeOf(indices.shape);
  const first = indices.address / 4;
  for (let i = 0; i < count; i++) {
    const index = machine.heap.i32[first + i]!;
    if (index < 0 || index >= size) {
      throw new ShapeError(
        `${op}/index`,
        `${op}: index ${index} (number ${i} of indices ${formatShape(indices.shape)}) is outside axis ${axis} of size ${size}`,
        `Indices go from 0 to ${size - 1}`,
      );
    }
  }
}

/** Throws ShapeError for an index outside the axis. */
export const gather: CpuKernel<'gather'> = (machine, [x, indices], [y], { axis }) => {
  const size = x!.shape[axis]!;
  checkIndices(machine, 'gather', indices!, axis, size);
  const n = sizeOf(indices!.shape);
  const inner = sizeOf(x!.shape.slice(axis + 1));
  if (inner === 0) return;
  const rows = sizeOf(x!.shape.slice(0, axis)) * n;
  const perPiece = Math.max(1, Math.floor(CHUNK / inner));
  const integers = [y!.address, x!.address, indices!.address, n, size, inner, rows, perPiece];
  machine.launch('gatherKernel', pieces(rows, perPiece), integers, [], { work: rows * (inner + 4) });
};

/** Throws ShapeError for an index outside the axis. */
export const scatterAdd: CpuKernel<'scatterAdd'> = (machine, [g, indices], [y], { axis, size }) => {
  checkIndices(machine, 'scatterAdd', indices!, axis, size);
  const n = sizeOf(indices!.shape);
  const inner = sizeOf(g!.shape.slice(axis + 1));
  const outer = sizeOf(g!.shape.slice(0, axis));
  const blocks = Math.ceil(inner / COLUMNS);
  const integers = [y!.address, g!.address, indices!.address, n, size, inner, blocks];
  machine.launch('scatterAddKernel', outer * blocks, integers, [], { work: outer * inner * (n + size) });
};
