/** Windows of 2×2, four at a time: values side by side in a row are the even and the odd lanes of two vectors. */

/** All ones where `next` replaces `best`: where it is larger, or a NaN after numbers. */
// @ts-ignore: decorator
@inline
export function replaces(next: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(next, best));
}

/**
 * The larger of each lane, or NaN if either is one: pmax(a, b) is b only if a < b, so one of the two keeps the NaN, and
 * its bits outlast the other's. Three instructions; f32x4.max takes nine on x86.
 */
// @ts-ignore: decorator
@inline
export function larger(a: v128, b: v128): v128 {
  return v128.or(f32x4.pmax(a, b), f32x4.pmax(b, a));
}

// @ts-ignore: decorator
@inline
export function evens(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
export function odds(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 1, 3, 5, 7);
}
