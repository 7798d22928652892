/**
 * Sums and maxima over axes. The host merges axes and splits them into kept and reduced ones, each with a walk of its
 * own over x. If the last axis is reduced, an output is made of contiguous runs; if it is kept, of rows whose columns
 * are reduced side by side. Sums are in float64 in a fixed order, so they are good to the last place of float32.
 *
 * One output may be split over several jobs; then each job leaves a float64 partial result, partials[output·splits +
 * split], and `fold…` puts these together in order.
 */
import { arg, argI } from './args';
import { firstLanes, high64, join64, low64, load64, maxOfLanes, storeFirst } from './lanes';
import { axesOf, offsetOf, sizeOf, strideOf } from './strided';
import { sumOfRun } from './sums';

const SUM = 0;
const MAX = 1;

/** First arguments of the two walks. */
const KEPT = 16;
const REDUCED = 48;
/** Columns reduced side by side; COLUMNS in the host's reduce.ts. */
const COLUMNS: usize = 16;

/** Sum or maximum of `count` values from `x` on, in eight lanes. */
// @ts-ignore: decorator
@inline
function run(op: i32, x: usize, count: usize): f64 {
  if (op == SUM) return sumOfRun(x, count);
  const end = x + ((count & ~7) << 2);
  const rest = count & 7;
  const lowest = f32x4.splat(f32.NEGATIVE_INFINITY);
  let a = lowest;
  let b = lowest;
  let c = lowest;
  let d = lowest;
  let nans = f32x4.splat(0);
  for (; x + 32 < end; x += 64) {
    const p = v128.load(x);
    const q = v128.load(x, 16);
    const r = v128.load(x, 32);
    const s = v128.load(x, 48);
    a = largerNumber(a, p);
    b = largerNumber(b, q);
    c = largerNumber(c, r);
    d = largerNumber(d, s);
    nans = v128.or(v128.or(nans, v128.or(nan(p), nan(q))), v128.or(nan(r), nan(s)));
  }
  if (x < end) {
    a = f32x4.max(a, v128.load(x));
    b = f32x4.max(b, v128.load(x, 16));
    x += 32;
  }
  if (rest) {
    a = f32x4.max(a, v128.bitselect(v128.load(x), lowest, firstLanes(rest)));
    if (rest > 4) b = f32x4.max(b, v128.bitselect(v128.load(x, 16), lowest, firstLanes(rest - 4)));
  }
  if (v128.any_true(nans)) return NaN;
  return <f64>maxOfLanes(f32x4.max(f32x4.max(a, b), f32x4.max(c, d)));
}

/** f32x4.max of two that are not NaN, 0 being larger than −0: three instructions on x86-64 instead of nine. */
// @ts-ignore: decorator
@inline
function largerNumber(a: v128, b: v128): v128 {
  return v128.and(f32x4.pmax(a, b), f32x4.pmax(b, a));
}

/** All ones where there is a NaN. */
// @ts-ignore: decorator
@inline
function nan(x: v128): v128 {
  return f32x4.ne(x, x);
}

// @ts-ignore: decorator
@inline
function combine(op: i32, a: f64, b: f64): f64 {
  return op == SUM ? a + b : max(a, b);
}

/**
 * args: y or partials, x, jobs, jobs a piece, splits, units, units a split, run length, segment length, segments a run.
 * A unit is one segment of one run; job = output·splits + split.
 */
// @ts-ignore: decorator
@inline
function runs(op: i32, args: usize, piece: i32): void {
  const splits = arg(args, 4);
  const perSplit = arg(args, 6);
  const length = arg(args, 7);
  const segment = arg(args, 8);
  const segments = arg(args, 9);
  const keptAxes = axesOf(args, KEPT);
  const reducedAxes = axesOf(args, REDUCED);
  const firstJob = <usize>piece * arg(args, 3);
  const lastJob = min(firstJob + arg(args, 3), arg(args, 2));
  for (let job = firstJob; job < lastJob; job++) {
    const output = job / splits;
    const first = (job - output * splits) * perSplit;
    const last = min(first + perSplit, arg(args, 5));
    const x = arg(args, 1) + (offsetOf(args, KEPT, 0, keptAxes, output) << 2);
    let result: f64 = op == SUM ? 0 : f64.NEGATIVE_INFINITY;
    let row = first / segments;
    let column = (first - row * segments) * segment;
    for (let unit = first; unit < last; unit++) {
      const at = x + ((offsetOf(args, REDUCED, 0, reducedAxes, row) + column) << 2);
      result = combine(op, result, run(op, at, min(segment, length - column)));
      column += segment;
      if (column >= length) {
        column = 0;
        row++;
      }
    }
    if (splits == 1) store<f32>(arg(args, 0) + (output << 2), <f32>result);
    else store<f64>(arg(args, 0) + (job << 3), result);
  }
}

/**
 * args: y or partials, x, jobs, jobs a piece, splits, rows, rows a split, columns, blocks of columns.
 * job = (outer·blocks + block)·splits + split.
 */
// @ts-ignore: decorator
@inline
function columns(op: i32, args: usize, piece: i32): void {
  const splits = arg(args, 4);
  const perSplit = arg(args, 6);
  const width = arg(args, 7);
  const blocks = arg(args, 8);
  const keptAxes = axesOf(args, KEPT);
  const firstJob = <usize>piece * arg(args, 3);
  const lastJob = min(firstJob + arg(args, 3), arg(args, 2));
  for (let job = firstJob; job < lastJob; job++) {
    const unit = job / splits;
    const split = job - unit * splits;
    const outer = unit / blocks;
    const column = (unit - outer * blocks) * COLUMNS;
    const x = arg(args, 1) + ((offsetOf(args, KEPT, 0, keptAxes, outer) + column) << 2);
    const first = split * perSplit;
    const last = min(first + perSplit, arg(args, 5));
    const count = min(COLUMNS, width - column);
    const to = (outer * width + column) * splits + split;
    if (op == SUM) sumBlock(args, x, first, last, count, splits, to);
    else maxBlock(args, x, first, last, count, splits, to);
  }
}

/** Sums rows first … last−1 of a block of columns, 16 float64 lanes side by side. */
function sumBlock(args: usize, x: usize, first: usize, last: usize, count: usize, splits: usize, to: usize): void {
  const axes = axesOf(args, REDUCED);
  const rows = sizeOf(args, REDUCED, axes - 1);
  const rowStep = strideOf(args, REDUCED, 0, axes - 1) << 2;
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  let row = first;
  while (row < last) {
    const outer = row / rows;
    const start = row - outer * rows;
    let at = x + (offsetOf(args, REDUCED, 0, axes - 1, outer) << 2) + start * rowStep;
    const stop = min(rows, start + (last - row));
    for (let r = start; r < stop; r++, at += rowStep) {
      s0 = f64x2.add(s0, load64(at));
      s1 = f64x2.add(s1, load64(at + 8));
      s2 = f64x2.add(s2, load64(at + 16));
      s3 = f64x2.add(s3, load64(at + 24));
      s4 = f64x2.add(s4, load64(at + 32));
      s5 = f64x2.add(s5, load64(at + 40));
      s6 = f64x2.add(s6, load64(at + 48));
      s7 = f64x2.add(s7, load64(at + 56));
    }
    row += stop - start;
  }
  if (splits == 1) {
    const y = arg(args, 0) + (to << 2);
    storeFirst(y, join64(s0, s1), min(count, 4));
    if (count > 4) storeFirst(y + 16, join64(s2, s3), min(count - 4, 4));
    if (count > 8) storeFirst(y + 32, join64(s4, s5), min(count - 8, 4));
    if (count > 12) storeFirst(y + 48, join64(s6, s7), count - 12);
  } else {
    partial(args, to, splits, count, 0, s0);
    partial(args, to, splits, count, 2, s1);
    partial(args, to, splits, count, 4, s2);
    partial(args, to, splits, count, 6, s3);
    partial(args, to, splits, count, 8, s4);
    partial(args, to, splits, count, 10, s5);
    partial(args, to, splits, count, 12, s6);
    partial(args, to, splits, count, 14, s7);
  }
}

/** Leaves the partial results of columns `column` and `column` + 1, as far as there are `count`. */
function partial(args: usize, to: usize, splits: usize, count: usize, column: usize, sums: v128): void {
  const at = arg(args, 0) + ((to + column * splits) << 3);
  if (column < count) store<f64>(at, f64x2.extract_lane(sums, 0));
  if (column + 1 < count) store<f64>(at + (splits << 3), f64x2.extract_lane(sums, 1));
}

/** Maxima of rows first … last−1 of a block of columns. */
function maxBlock(args: usize, x: usize, first: usize, last: usize, count: usize, splits: usize, to: usize): void {
  const axes = axesOf(args, REDUCED);
  const rows = sizeOf(args, REDUCED, axes - 1);
  const rowStep = strideOf(args, REDUCED, 0, axes - 1) << 2;
  let m0 = f32x4.splat(f32.NEGATIVE_INFINITY);
  let m1 = m0;
  let m2 = m0;
  let m3 = m0;
  let n0 = f32x4.splat(0);
  let n1 = n0;
  let n2 = n0;
  let n3 = n0;
  let row = first;
  while (row < last) {
    const outer = row / rows;
    const start = row - outer * rows;
    let at = x + (offsetOf(args, REDUCED, 0, axes - 1, outer) << 2) + start * rowStep;
    const stop = min(rows, start + (last - row));
    for (let r = start; r < stop; r++, at += rowStep) {
      const a = v128.load(at);
      const b = v128.load(at, 16);
      const c = v128.load(at, 32);
      const d = v128.load(at, 48);
      m0 = largerNumber(m0, a);
      m1 = largerNumber(m1, b);
      m2 = largerNumber(m2, c);
      m3 = largerNumber(m3, d);
      n0 = v128.or(n0, nan(a));
      n1 = v128.or(n1, nan(b));
      n2 = v128.or(n2, nan(c));
      n3 = v128.or(n3, nan(d));
    }
    row += stop - start;
  }
  // All ones are a NaN.
  m0 = v128.or(m0, n0);
  m1 = v128.or(m1, n1);
  m2 = v128.or(m2, n2);
  m3 = v128.or(m3, n3);
  if (splits == 1) {
    const y = arg(args, 0) + (to << 2);
    storeFirst(y, m0, min(count, 4));
    if (count > 4) storeFirst(y + 16, m1, min(count - 4, 4));
    if (count > 8) storeFirst(y + 32, m2, min(count - 8, 4));
    if (count > 12) storeFirst(y + 48, m3, count - 12);
  } else {
    partial(args, to, splits, count, 0, low64(m0));
    partial(args, to, splits, count, 2, high64(m0));
    partial(args, to, splits, count, 4, low64(m1));
    partial(args, to, splits, count, 6, high64(m1));
    partial(args, to, splits, count, 8, low64(m2));
    partial(args, to, splits, count, 10, high64(m2));
    partial(args, to, splits, count, 12, low64(m3));
    partial(args, to, splits, count, 14, high64(m3));
  }
}

/** args: y, partials, outputs, splits. Partial results put together in order; one piece. */
// @ts-ignore: decorator
@inline
function fold(op: i32, args: usize): void {
  const outputs = argI(args, 2);
  const splits = argI(args, 3);
  let y = arg(args, 0);
  let from = arg(args, 1);
  for (let i = 0; i < outputs; i++, y += 4) {
    let result = load<f64>(from);
    from += 8;
    for (let split = 1; split < splits; split++, from += 8) result = combine(op, result, load<f64>(from));
    store<f32>(y, <f32>result);
  }
}

export function sumRunsKernel(args: usize, piece: i32, scratch: usize): void {
  runs(SUM, args, piece);
}
export function sumColumnsKernel(args: usize, piece: i32, scratch: usize): void {
  columns(SUM, args, piece);
}
export function sumFoldKernel(args: usize, piece: i32, scratch: usize): void {
  fold(SUM, args);
}
export function maxRunsKernel(args: usize, piece: i32, scratch: usize): void {
  runs(MAX, args, piece);
}
export function maxColumnsKernel(args: usize, piece: i32, scratch: usize): void {
  columns(MAX, args, piece);
}
export function maxFoldKernel(args: usize, piece: i32, scratch: usize): void {
  fold(MAX, args);
}
