// Mean 0 and standard deviation 1, in AssemblyScript: sums in float64 of float32, four side by side. Strict SIMD only.

/** Σ of the four lanes of two vectors. */
// @ts-ignore: decorator
@inline
function total(low: v128, high: v128): f64 {
  const a = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  return a + (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1));
}

// @ts-ignore: decorator
@inline
function lowHalf(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** In place, `count` float32 from `at` on; those whose deviation is at most `constant` become 0. */
export function standardise(at: usize, count: usize, constant: f64): void {
  const end = at + (count << 2);
  const whole = at + ((count & ~3) << 2);
  let low = f64x2.splat(0);
  let high = low;
  let rest: f64 = 0;
  for (let p = at; p < whole; p += 16) {
    low = f64x2.add(low, lowHalf(p));
    high = f64x2.add(high, lowHalf(p + 8));
  }
  for (let p = whole; p < end; p += 4) rest += <f64>load<f32>(p);
  const mean = (total(low, high) + rest) / <f64>count;
  const means = f64x2.splat(mean);
  low = f64x2.splat(0);
  high = low;
  rest = 0;
  for (let p = at; p < whole; p += 16) {
    const a = f64x2.sub(lowHalf(p), means);
    const b = f64x2.sub(lowHalf(p + 8), means);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  for (let p = whole; p < end; p += 4) {
    const a = <f64>load<f32>(p) - mean;
    rest += a * a;
  }
  const deviation = sqrt<f64>((total(low, high) + rest) / <f64>count);
  const factor: f64 = deviation > constant ? 1 / deviation : 0;
  const factors = f64x2.splat(factor);
  for (let p = at; p < whole; p += 16) {
    const a = f32x4.demote_f64x2_zero(f64x2.mul(f64x2.sub(lowHalf(p), means), factors));
    const b = f32x4.demote_f64x2_zero(f64x2.mul(f64x2.sub(lowHalf(p + 8), means), factors));
    v128.store(p, v128.shuffle<i32>(a, b, 0, 1, 4, 5));
  }
  for (let p = whole; p < end; p += 4) store<f32>(p, <f32>((<f64>load<f32>(p) - mean) * factor));
}
