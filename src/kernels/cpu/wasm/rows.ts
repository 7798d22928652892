/** What softmax and attention do along a row of values. */
import { firstLanes, high64, low64, maxOfLanes, storeFirst } from './lanes';
import { expV } from './math';

/** The greatest of `count` values from x on that are not NaN: the exponential of a NaN makes its row NaN anyway. */
// @ts-ignore: decorator
@inline
export function rowMaximum(x: usize, count: usize): f32 {
  const end = x + ((count & ~3) << 2);
  const lowest = f32x4.splat(f32.NEGATIVE_INFINITY);
  let m = lowest;
  let n = lowest;
  for (; x + 16 < end; x += 32) {
    m = f32x4.pmax(m, v128.load(x));
    n = f32x4.pmax(n, v128.load(x, 16));
  }
  m = f32x4.pmax(m, n);
  if (x < end) {
    m = f32x4.pmax(m, v128.load(x));
    x += 16;
  }
  if (count & 3) m = f32x4.pmax(m, v128.bitselect(v128.load(x), lowest, firstLanes(count & 3)));
  return maxOfLanes(m);
}

/** y = e^(x − m) for `count` values if `write`; returns their sum. y may be x. */
// @ts-ignore: decorator
@inline
export function exponentials(write: bool, y: usize, x: usize, count: usize, m: f32): f64 {
  const greatest = f32x4.splat(m);
  const end = x + ((count & ~3) << 2);
  let low = f64x2.splat(0);
  let high = low;
  for (; x < end; x += 16, y += 16) {
    const e = expV(f32x4.sub(v128.load(x), greatest));
    if (write) v128.store(y, e);
    low = f64x2.add(low, low64(e));
    high = f64x2.add(high, high64(e));
  }
  if (count & 3) {
    const e = v128.and(expV(f32x4.sub(v128.load(x), greatest)), firstLanes(count & 3));
    if (write) storeFirst(y, e, count & 3);
    low = f64x2.add(low, low64(e));
    high = f64x2.add(high, high64(e));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** e^(x − m) / Σ e^(x − m) with the maximum m of the row. y may be x. */
export function softmaxRow(y: usize, x: usize, count: usize): void {
  const scale = f32x4.splat(<f32>(1 / exponentials(true, y, x, count, rowMaximum(x, count))));
  const end = y + ((count & ~3) << 2);
  for (; y < end; y += 16) v128.store(y, f32x4.mul(v128.load(y), scale));
  if (count & 3) storeFirst(y, f32x4.mul(v128.load(y), scale), count & 3);
}
