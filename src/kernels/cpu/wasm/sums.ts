/** Sums of runs in float64, in a fixed order. */
import { firstLanes, high64, load64, low64 } from './lanes';

/** Longest run summed in one go; SEGMENT in the host's reduce.ts. */
const SEGMENT: usize = 8192;

/** Sum of `count` values from `x` on, times those from `factor` on if `products`, in eight lanes. */
// @ts-ignore: decorator
@inline
function sum(products: bool, x: usize, factor: usize, count: usize): f64 {
  const end = x + ((count & ~7) << 2);
  const rest = count & 7;
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; x < end; x += 32, factor += 32) {
    if (products) {
      const first = f32x4.mul(v128.load(x), v128.load(factor));
      const second = f32x4.mul(v128.load(x, 16), v128.load(factor, 16));
      a = f64x2.add(a, low64(first));
      b = f64x2.add(b, high64(first));
      c = f64x2.add(c, low64(second));
      d = f64x2.add(d, high64(second));
    } else {
      a = f64x2.add(a, load64(x));
      b = f64x2.add(b, load64(x + 8));
      c = f64x2.add(c, load64(x + 16));
      d = f64x2.add(d, load64(x + 24));
    }
  }
  if (rest) {
    let first = v128.load(x);
    let second = v128.load(x, 16);
    if (products) {
      first = f32x4.mul(first, v128.load(factor));
      second = f32x4.mul(second, v128.load(factor, 16));
    }
    first = v128.and(first, firstLanes(rest));
    second = v128.and(second, firstLanes(rest > 4 ? rest - 4 : 0));
    a = f64x2.add(a, low64(first));
    b = f64x2.add(b, high64(first));
    c = f64x2.add(c, low64(second));
    d = f64x2.add(d, high64(second));
  }
  const total = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}

/** Sum of a run of at most SEGMENT values. */
export function sumOfRun(x: usize, count: usize): f64 {
  return sum(false, x, x, count);
}

/** Sum of a row of any length, rounded: the bits of the op `sum` of one that is not shared between pieces. */
export function sumOf(x: usize, count: usize): f32 {
  let total: f64 = 0;
  for (let at: usize = 0; at < count; at += SEGMENT) total += sum(false, x + (at << 2), x, min(SEGMENT, count - at));
  return <f32>total;
}

/** Sum of products rounded to float32, likewise. */
export function sumOfProducts(x: usize, y: usize, count: usize): f32 {
  return <f32>productsOf(x, y, count);
}

/** The same before it is rounded. */
export function productsOf(x: usize, y: usize, count: usize): f64 {
  let total: f64 = 0;
  for (let at: usize = 0; at < count; at += SEGMENT) {
    total += sum(true, x + (at << 2), y + (at << 2), min(SEGMENT, count - at));
  }
  return total;
}
