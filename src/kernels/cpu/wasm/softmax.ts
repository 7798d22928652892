/** Softmax, its logarithm and cross-entropy along rows. The row's maximum is subtracted first; sums are in float64. */
import { arg } from './args';
import { high64, load64, low64, storeFirst } from './lanes';
import { logV } from './math';
import { exponentials, rowMaximum, softmaxRow } from './rows';

/** ln Σ e^(x − m). */
// @ts-ignore: decorator
@inline
function logSum(x: usize, count: usize, m: f32): f32 {
  return f32x4.extract_lane(logV(f32x4.splat(<f32>exponentials(false, 0, x, count, m))), 0);
}

/** args: y, x, rows, rows a piece, row length. */
export function softmaxKernel(args: usize, piece: i32, scratch: usize): void {
  const first = <usize>piece * arg(args, 3);
  const last = min(first + arg(args, 3), arg(args, 2));
  const count = arg(args, 4);
  for (let row = first; row < last; row++) {
    softmaxRow(arg(args, 0) + ((row * count) << 2), arg(args, 1) + ((row * count) << 2), count);
  }
}

/** args: y, x, rows, rows a piece, row length. */
export function logSoftmaxKernel(args: usize, piece: i32, scratch: usize): void {
  const first = <usize>piece * arg(args, 3);
  const last = min(first + arg(args, 3), arg(args, 2));
  const count = arg(args, 4);
  for (let row = first; row < last; row++) {
    let y = arg(args, 0) + ((row * count) << 2);
    let x = arg(args, 1) + ((row * count) << 2);
    const m = rowMaximum(x, count);
    const greatest = f32x4.splat(m);
    const total = f32x4.splat(logSum(x, count, m));
    const end = y + ((count & ~3) << 2);
    for (; y < end; y += 16, x += 16) v128.store(y, f32x4.sub(f32x4.sub(v128.load(x), greatest), total));
    if (count & 3) storeFirst(y, f32x4.sub(f32x4.sub(v128.load(x), greatest), total), count & 3);
  }
}

/** args: loss, logits, rows, rows a piece, row length, targets. loss = Σ targets·(ln Σ e^(x−m) − (x−m)). */
export function softmaxCrossEntropyKernel(args: usize, piece: i32, scratch: usize): void {
  const first = <usize>piece * arg(args, 3);
  const last = min(first + arg(args, 3), arg(args, 2));
  const count = arg(args, 4);
  for (let row = first; row < last; row++) {
    const x = arg(args, 1) + ((row * count) << 2);
    const targets = arg(args, 5) + ((row * count) << 2);
    const m = rowMaximum(x, count);
    const total = logSum(x, count, m);
    let loss: f64 = 0;
    let c: usize = 0;
    const whole = count & ~3;
    const greatest = f32x4.splat(m);
    const totals = f32x4.splat(total);
    for (; c < whole; c += 4) {
      const rest = f32x4.sub(totals, f32x4.sub(v128.load(x + (c << 2)), greatest));
      const first = f64x2.mul(load64(targets + (c << 2)), low64(rest));
      const second = f64x2.mul(load64(targets + (c << 2) + 8), high64(rest));
      // One after the other, as the rest of the row.
      loss += f64x2.extract_lane(first, 0);
      loss += f64x2.extract_lane(first, 1);
      loss += f64x2.extract_lane(second, 0);
      loss += f64x2.extract_lane(second, 1);
    }
    for (; c < count; c++) {
      loss += <f64>load<f32>(targets + (c << 2)) * <f64>(total - (load<f32>(x + (c << 2)) - m));
    }
    store<f32>(arg(args, 0) + (row << 2), <f32>loss);
  }
}

/** g·(e·scale·whole − target) for four classes. */
// @ts-ignore: decorator
@inline
function slope(e: v128, scale: v128, whole: v128, target: v128, g: v128): v128 {
  return f32x4.mul(f32x4.sub(f32x4.mul(f32x4.mul(e, scale), whole), target), g);
}

/** args: dlogits, logits, rows, rows a piece, row length, targets, g, one for all rows. dlogits = g·(softmax·Σ targets − targets). */
export function softmaxCrossEntropyBackwardKernel(args: usize, piece: i32, scratch: usize): void {
  const first = <usize>piece * arg(args, 3);
  const last = min(first + arg(args, 3), arg(args, 2));
  const count = arg(args, 4);
  const g = v128.load32_splat(arg(args, 6));
  for (let row = first; row < last; row++) {
    const y = arg(args, 0) + ((row * count) << 2);
    const x = arg(args, 1) + ((row * count) << 2);
    const targets = arg(args, 5) + ((row * count) << 2);
    const scale = f32x4.splat(<f32>(1 / exponentials(true, y, x, count, rowMaximum(x, count))));
    let sum: f64 = 0;
    for (let c: usize = 0; c < count; c++) sum += <f64>load<f32>(targets + (c << 2));
    const whole = f32x4.splat(<f32>sum);
    const bytes = (count & ~3) << 2;
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(y + at, slope(v128.load(y + at), scale, whole, v128.load(targets + at), g));
    }
    if (count & 3) {
      const last = slope(v128.load(y + bytes), scale, whole, v128.load(targets + bytes), g);
      storeFirst(y + bytes, last, count & 3);
    }
  }
}
