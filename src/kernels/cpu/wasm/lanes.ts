/** Loads and stores of fewer than four float32. */

// @ts-ignore: decorator
@inline
export function storeFirst(address: usize, value: v128, count: usize): void {
  if (count == 4) {
    v128.store(address, value);
  } else if (count == 3) {
    v128.store64_lane(address, value, 0);
    v128.store32_lane(address, value, 2, 8);
  } else if (count == 2) {
    v128.store64_lane(address, value, 0);
  } else if (count == 1) {
    v128.store32_lane(address, value, 0);
  }
}

/** All ones in the first `count` lanes, zeros in the others. */
// @ts-ignore: decorator
@inline
export function firstLanes(count: usize): v128 {
  return i32x4.gt_s(i32x4.splat(<i32>count), i32x4(0, 1, 2, 3));
}

/** The greatest lane; NaN if any is NaN. */
// @ts-ignore: decorator
@inline
export function maxOfLanes(v: v128): f32 {
  v = f32x4.max(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.max(v, v128.shuffle<i32>(v, v, 1, 0, 3, 2)), 0);
}

/** The first two values as float64. */
// @ts-ignore: decorator
@inline
export function low64(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** The last two values as float64. */
// @ts-ignore: decorator
@inline
export function high64(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3));
}

/** Two values in memory as float64: one instruction on x86-64, where the last two of a vector take three. */
// @ts-ignore: decorator
@inline
export function load64(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/** Four values of two float64 vectors as float32. */
// @ts-ignore: decorator
@inline
export function join64(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}
