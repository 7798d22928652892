/** Moving values: filling, strided copies, transposition, gather and scatter. No arithmetic but scatterAdd's sum. */
import { arg, argF, argI } from './args';
import { storeFirst } from './lanes';
import { axesOf, offsetOf, sizeOf, strideOf } from './strided';

const CHUNK: usize = 16384;
/** First argument of the walk. */
const WALK = 4;

// @ts-ignore: decorator
@inline
function fillRow(to: usize, value: f32, count: usize): void {
  const values = f32x4.splat(value);
  const end = to + ((count & ~3) << 2);
  for (; to < end; to += 16) v128.store(to, values);
  if (count & 3) storeFirst(to, values, count & 3);
}

// @ts-ignore: decorator
@inline
function copyRow(to: usize, from: usize, count: usize): void {
  const end = to + ((count & ~3) << 2);
  for (; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
  if (count & 3) storeFirst(to, v128.load(from), count & 3);
}

/** args: y, count; floats: value. */
export function fillKernel(args: usize, piece: i32, scratch: usize): void {
  const start = <usize>piece * CHUNK;
  fillRow(arg(args, 0) + (start << 2), argF(args, 0), min(CHUNK, arg(args, 1) - start));
}

/** args: y, x, count, -, then the walk of (y, x). Copies every element of the walk; a piece is CHUNK of them. */
export function copyKernel(args: usize, piece: i32, scratch: usize): void {
  const y = arg(args, 0);
  const x = arg(args, 1);
  const start = <usize>piece * CHUNK;
  const end = min(start + CHUNK, arg(args, 2));
  const axes = axesOf(args, WALK);
  const length = sizeOf(args, WALK, axes - 1);
  const rows = sizeOf(args, WALK, axes - 2);
  const yStep = strideOf(args, WALK, 0, axes - 1);
  const xStep = strideOf(args, WALK, 1, axes - 1);
  const yRow = strideOf(args, WALK, 0, axes - 2);
  const xRow = strideOf(args, WALK, 1, axes - 2);

  let at = start;
  let flatRow = start / length;
  let column = start - flatRow * length;
  while (at < end) {
    const outer = flatRow / rows;
    const firstRow = flatRow - outer * rows;
    let yAt = offsetOf(args, WALK, 0, axes - 2, outer) + firstRow * yRow;
    let xAt = offsetOf(args, WALK, 1, axes - 2, outer) + firstRow * xRow;
    for (let r = firstRow; r < rows && at < end; r++) {
      const count = min(length - column, end - at);
      let to = y + ((yAt + column * yStep) << 2);
      let from = x + ((xAt + column * xStep) << 2);
      if (yStep == 1 && xStep == 1) {
        copyRow(to, from, count);
      } else if (yStep == 1 && xStep == 0) {
        fillRow(to, load<f32>(from), count);
      } else {
        for (let i: usize = 0; i < count; i++, to += yStep << 2, from += xStep << 2) store<f32>(to, load<f32>(from));
      }
      at += count;
      column = 0;
      yAt += yRow;
      xAt += xRow;
      flatRow++;
    }
  }
}

/** Columns of a block: one cache line of x. */
const BLOCK: usize = 16;

/**
 * args: y, x, units a piece, units, then a walk of (y, x) whose last axis is contiguous in y and whose last but one is
 * contiguous in x. A unit is BLOCK places along the latter, at one place of the axes before: a transposition of a
 * matrix [length][BLOCK] in 4×4 tiles.
 */
export function transposeKernel(args: usize, piece: i32, scratch: usize): void {
  const perPiece = arg(args, 2);
  const first = <usize>piece * perPiece;
  const last = min(first + perPiece, arg(args, 3));
  const axes = axesOf(args, WALK);
  const length = sizeOf(args, WALK, axes - 1);
  const columns = sizeOf(args, WALK, axes - 2);
  const xStep = strideOf(args, WALK, 1, axes - 1) << 2;
  const yStep = strideOf(args, WALK, 0, axes - 2) << 2;
  const blocks = (columns + BLOCK - 1) / BLOCK;
  for (let unit = first; unit < last; unit++) {
    const outer = unit / blocks;
    const column = (unit - outer * blocks) * BLOCK;
    const y = arg(args, 0) + (offsetOf(args, WALK, 0, axes - 2, outer) << 2) + column * yStep;
    const x = arg(args, 1) + ((offsetOf(args, WALK, 1, axes - 2, outer) + column) << 2);
    transposeBlock(y, x, length, min(BLOCK, columns - column), yStep, xStep);
  }
}

/** y[j·yStep + 4i] = x[i·xStep + 4j] for i < length, j < columns; steps in bytes. */
function transposeBlock(y: usize, x: usize, length: usize, columns: usize, yStep: usize, xStep: usize): void {
  let i: usize = 0;
  for (; i + 4 <= length; i += 4) {
    const from = x + i * xStep;
    const to = y + (i << 2);
    for (let j: usize = 0; j < columns; j += 4) {
      const a = v128.load(from + (j << 2));
      const b = v128.load(from + (j << 2) + xStep);
      const c = v128.load(from + (j << 2) + 2 * xStep);
      const d = v128.load(from + (j << 2) + 3 * xStep);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const row = to + j * yStep;
      v128.store(row, v128.shuffle<i64>(ab, cd, 0, 2));
      if (j + 1 < columns) v128.store(row + yStep, v128.shuffle<i64>(ab, cd, 1, 3));
      if (j + 2 < columns) {
        const ab2 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
        const cd2 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
        v128.store(row + 2 * yStep, v128.shuffle<i64>(ab2, cd2, 0, 2));
        if (j + 3 < columns) v128.store(row + 3 * yStep, v128.shuffle<i64>(ab2, cd2, 1, 3));
      }
    }
  }
  for (; i < length; i++) {
    for (let j: usize = 0; j < columns; j++) store<f32>(y + j * yStep + (i << 2), load<f32>(x + i * xStep + (j << 2)));
  }
}

/**
 * args: y, x, indices, n (indices), size of x's axis, inner, rows (outer·n), rows a piece. Row (o, i) of y is row
 * (o, indices[i]) of x, `inner` long.
 */
export function gatherKernel(args: usize, piece: i32, scratch: usize): void {
  const y = arg(args, 0);
  const x = arg(args, 1);
  const indices = arg(args, 2);
  const n = arg(args, 3);
  const size = arg(args, 4);
  const inner = arg(args, 5);
  const first = <usize>piece * arg(args, 7);
  const last = min(first + arg(args, 7), arg(args, 6));
  let outer = first / n;
  let i = first - outer * n;
  for (let row = first; row < last; row++) {
    const from = x + (((outer * size + load<u32>(indices + (i << 2))) * inner) << 2);
    copyRow(y + ((row * inner) << 2), from, inner);
    if (++i == n) {
      i = 0;
      outer++;
    }
  }
}

/** Columns of a piece of scatterAdd; COLUMNS in the host's layout.ts. */
const COLUMNS: usize = 256;

/**
 * args: y, g, indices, n, size of y's axis, inner, column blocks. A piece is COLUMNS columns of one outer place: all
 * indices in order, so equal ones are added in their order.
 */
export function scatterAddKernel(args: usize, piece: i32, scratch: usize): void {
  const indices = arg(args, 2);
  const n = arg(args, 3);
  const size = arg(args, 4);
  const inner = arg(args, 5);
  const blocks = argI(args, 6);
  const outer = <usize>(piece / blocks);
  const column = <usize>(piece % blocks) * COLUMNS;
  const count = min(COLUMNS, inner - column);
  const y = arg(args, 0) + ((outer * size * inner + column) << 2);
  const g = arg(args, 1) + ((outer * n * inner + column) << 2);
  for (let row: usize = 0; row < size; row++) fillRow(y + ((row * inner) << 2), 0, count);
  for (let i: usize = 0; i < n; i++) {
    let to = y + ((<usize>load<u32>(indices + (i << 2)) * inner) << 2);
    let from = g + ((i * inner) << 2);
    const end = to + ((count & ~3) << 2);
    for (; to < end; to += 16, from += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    if (count & 3) storeFirst(to, f32x4.add(v128.load(to), v128.load(from)), count & 3);
  }
}
