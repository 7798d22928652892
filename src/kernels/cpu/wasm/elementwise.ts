/** Ops of one input, element by element. A piece is CHUNK elements; the host counts pieces with the same number. */
import { arg, argF } from './args';
import { storeFirst } from './lanes';
import { erfV, expV, geluV, hardswishV, logV, sigmoidV, tanhV } from './math';

const CHUNK: usize = 16384;

const NEG = 0;
const EXP = 1;
const LOG = 2;
const SQRT = 3;
const TANH = 4;
const SIGMOID = 5;
const RELU = 6;
const GELU = 7;
const HARDSWISH = 8;
const ERF = 9;
const AFFINE = 10;

/** `op` is a constant wherever this is inlined, so one branch is left. */
// @ts-ignore: decorator
@inline
function compute(op: i32, x: v128, scale: v128, offset: v128): v128 {
  if (op == NEG) return f32x4.neg(x);
  if (op == EXP) return expV(x);
  if (op == LOG) return logV(x);
  if (op == SQRT) return f32x4.sqrt(x);
  if (op == TANH) return tanhV(x);
  if (op == SIGMOID) return sigmoidV(x);
  if (op == RELU) return f32x4.max(x, f32x4.splat(0));
  if (op == GELU) return geluV(x);
  if (op == HARDSWISH) return hardswishV(x);
  if (op == ERF) return erfV(x);
  return f32x4.add(f32x4.mul(x, scale), offset);
}

/** args: y, x, count; floats: scale, offset. The last vector may read past the end but stores only what is there. */
// @ts-ignore: decorator
@inline
function each(op: i32, args: usize, piece: i32): void {
  const start = <usize>piece * CHUNK;
  const count = min(CHUNK, arg(args, 2) - start);
  const scale = f32x4.splat(argF(args, 0));
  const offset = f32x4.splat(argF(args, 1));
  let y = arg(args, 0) + (start << 2);
  let x = arg(args, 1) + (start << 2);
  const end = y + ((count & ~3) << 2);
  for (; y < end; y += 16, x += 16) v128.store(y, compute(op, v128.load(x), scale, offset));
  if (count & 3) storeFirst(y, compute(op, v128.load(x), scale, offset), count & 3);
}

export function negKernel(args: usize, piece: i32, scratch: usize): void {
  each(NEG, args, piece);
}
export function expKernel(args: usize, piece: i32, scratch: usize): void {
  each(EXP, args, piece);
}
export function logKernel(args: usize, piece: i32, scratch: usize): void {
  each(LOG, args, piece);
}
export function sqrtKernel(args: usize, piece: i32, scratch: usize): void {
  each(SQRT, args, piece);
}
export function tanhKernel(args: usize, piece: i32, scratch: usize): void {
  each(TANH, args, piece);
}
export function sigmoidKernel(args: usize, piece: i32, scratch: usize): void {
  each(SIGMOID, args, piece);
}
export function reluKernel(args: usize, piece: i32, scratch: usize): void {
  each(RELU, args, piece);
}
export function geluKernel(args: usize, piece: i32, scratch: usize): void {
  each(GELU, args, piece);
}
export function hardswishKernel(args: usize, piece: i32, scratch: usize): void {
  each(HARDSWISH, args, piece);
}
export function erfKernel(args: usize, piece: i32, scratch: usize): void {
  each(ERF, args, piece);
}
export function affineKernel(args: usize, piece: i32, scratch: usize): void {
  each(AFFINE, args, piece);
}
