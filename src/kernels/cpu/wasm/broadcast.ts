/**
 * Ops of two inputs with broadcasting. The host merges axes, so what is left is a walk over rows in which each input
 * either moves along with the output (stride 1) or stands still (0). A piece is CHUNK consecutive outputs.
 */
import { arg } from './args';
import { storeFirst } from './lanes';
import { axesOf, offsetOf, sizeOf, strideOf } from './strided';

const CHUNK: usize = 16384;
/** First argument of the walk. */
const WALK = 4;

const ADD = 0;
const SUB = 1;
const MUL = 2;
const DIV = 3;
const MAXIMUM = 4;
const MINIMUM = 5;
const GREATER = 6;
const EQUAL = 7;
const RELU_BACKWARD = 8;

/** `op` is a constant wherever this is inlined, so one branch is left. */
// @ts-ignore: decorator
@inline
function compute(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return f32x4.add(a, b);
  if (op == SUB) return f32x4.sub(a, b);
  if (op == MUL) return f32x4.mul(a, b);
  if (op == DIV) return f32x4.div(a, b);
  if (op == MAXIMUM) return f32x4.max(a, b);
  if (op == MINIMUM) return f32x4.min(a, b);
  if (op == GREATER) return v128.and(f32x4.gt(a, b), f32x4.splat(1));
  if (op == EQUAL) return v128.and(f32x4.eq(a, b), f32x4.splat(1));
  return v128.and(f32x4.gt(a, f32x4.splat(0)), b);
}

/** One row of `count` outputs. */
// @ts-ignore: decorator
@inline
function row(op: i32, y: usize, a: usize, b: usize, count: usize, aMoves: bool, bMoves: bool): void {
  const end = y + ((count & ~3) << 2);
  const rest = count & 3;
  if (aMoves && bMoves) {
    for (; y < end; y += 16, a += 16, b += 16) v128.store(y, compute(op, v128.load(a), v128.load(b)));
    if (rest) storeFirst(y, compute(op, v128.load(a), v128.load(b)), rest);
  } else if (aMoves) {
    const still = v128.load32_splat(b);
    for (; y < end; y += 16, a += 16) v128.store(y, compute(op, v128.load(a), still));
    if (rest) storeFirst(y, compute(op, v128.load(a), still), rest);
  } else {
    const still = v128.load32_splat(a);
    for (; y < end; y += 16, b += 16) v128.store(y, compute(op, still, v128.load(b)));
    if (rest) storeFirst(y, compute(op, still, v128.load(b)), rest);
  }
}

/** args: y, a, b, count, then the walk of (a, b). */
// @ts-ignore: decorator
@inline
function each(op: i32, args: usize, piece: i32): void {
  const y = arg(args, 0);
  const a = arg(args, 1);
  const b = arg(args, 2);
  const start = <usize>piece * CHUNK;
  const end = min(start + CHUNK, arg(args, 3));
  const axes = axesOf(args, WALK);
  const length = sizeOf(args, WALK, axes - 1);
  const rows = sizeOf(args, WALK, axes - 2);
  const aMoves = strideOf(args, WALK, 0, axes - 1) != 0;
  const bMoves = strideOf(args, WALK, 1, axes - 1) != 0;
  const aRow = strideOf(args, WALK, 0, axes - 2);
  const bRow = strideOf(args, WALK, 1, axes - 2);

  let at = start;
  let flatRow = start / length;
  let column = start - flatRow * length;
  while (at < end) {
    const outer = flatRow / rows;
    const firstRow = flatRow - outer * rows;
    let aAt = offsetOf(args, WALK, 0, axes - 2, outer) + firstRow * aRow;
    let bAt = offsetOf(args, WALK, 1, axes - 2, outer) + firstRow * bRow;
    for (let r = firstRow; r < rows && at < end; r++) {
      const count = min(length - column, end - at);
      const aFirst = a + ((aAt + (aMoves ? column : 0)) << 2);
      const bFirst = b + ((bAt + (bMoves ? column : 0)) << 2);
      row(op, y + (at << 2), aFirst, bFirst, count, aMoves, bMoves);
      at += count;
      column = 0;
      aAt += aRow;
      bAt += bRow;
      flatRow++;
    }
  }
}

export function addKernel(args: usize, piece: i32, scratch: usize): void {
  each(ADD, args, piece);
}
export function subKernel(args: usize, piece: i32, scratch: usize): void {
  each(SUB, args, piece);
}
export function mulKernel(args: usize, piece: i32, scratch: usize): void {
  each(MUL, args, piece);
}
export function divKernel(args: usize, piece: i32, scratch: usize): void {
  each(DIV, args, piece);
}
export function maximumKernel(args: usize, piece: i32, scratch: usize): void {
  each(MAXIMUM, args, piece);
}
export function minimumKernel(args: usize, piece: i32, scratch: usize): void {
  each(MINIMUM, args, piece);
}
export function greaterKernel(args: usize, piece: i32, scratch: usize): void {
  each(GREATER, args, piece);
}
export function equalKernel(args: usize, piece: i32, scratch: usize): void {
  each(EQUAL, args, piece);
}
export function reluBackwardKernel(args: usize, piece: i32, scratch: usize): void {
  each(RELU_BACKWARD, args, piece);
}
