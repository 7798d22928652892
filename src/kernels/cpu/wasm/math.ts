/**
 * Elementary functions on four float32 at once. Only IEEE operations that every machine does alike, so the same bits
 * everywhere. Errors against float64, in units of the last place: exp and log 1.1, tanh and erf 2, sigmoid 2.5, gelu 4
 * (checked over the whole range in test/kernels/cpu/math.test.ts). NaN in, NaN out.
 *
 * Arguments are reduced as in W. J. Cody and W. Waite, "Software manual for the elementary functions" (1980); the
 * polynomials are minimax (Remez exchange in 40 digits, relative error weighted for the result), rounded to float32.
 */

// @ts-ignore: decorator
@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

// @ts-ignore: decorator
@inline
export function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
export function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

// @ts-ignore: decorator
@inline
export function mul(a: v128, b: v128): v128 {
  return f32x4.mul(a, b);
}

/** a·x + c: two roundings, never fused. */
// @ts-ignore: decorator
@inline
export function step(a: v128, x: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(a, x), f32x4.splat(c));
}

/** min(x, limit) as one comparison, which lets NaN through: f32x4.min costs several times as much on x86-64. */
// @ts-ignore: decorator
@inline
function atMost(x: v128, limit: f32): v128 {
  return f32x4.pmin(x, splat(limit));
}

/** max(x, limit), likewise. */
// @ts-ignore: decorator
@inline
function atLeast(x: v128, limit: f32): v128 {
  return f32x4.pmax(x, splat(limit));
}

/** 2ⁿ for int32 n in −126…127. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/**
 * Where float32 are whole numbers: whatever is added to 1.5·2²³ is rounded to one, which then stands in the last bits.
 * One addition instead of f32x4.nearest and i32x4.trunc_sat, which takes eight instructions on x86-64.
 */
const WHOLES: f32 = 12582912;

/**
 * e^(x+low) for −104 ≤ x ≤ 89 and a |low| that is small beside 1, where it is not known to be 0. x = n·ln2 + r with
 * |r| ≤ ln2/2, e^r = 1 + r + r²·P(r); 2ⁿ is applied in two halves, so results go over into subnormals and Infinity as
 * they should.
 */
// @ts-ignore: decorator
@inline
function expWithin(x: v128, low: v128, hasLow: bool): v128 {
  const shifted = add(mul(x, splat(1.44269504)), splat(WHOLES));
  const whole = sub(shifted, splat(WHOLES));
  let r = sub(x, mul(whole, splat(0.693145751953125)));
  const rest = mul(whole, splat(1.42860682e-6));
  r = sub(r, hasLow ? sub(rest, low) : rest);
  let p = splat(0.00138144672);
  p = step(p, r, 0.00836878084);
  p = step(p, r, 0.0416683927);
  p = step(p, r, 0.166665196);
  p = step(p, r, 0.49999994);
  const y = add(add(mul(mul(r, r), p), r), splat(1));
  const n = i32x4.sub(shifted, splat(WHOLES));
  const half = i32x4.shr_s(n, 1);
  return mul(mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
}

/** e^x: 0 below −104, Infinity above 88.73, subnormal between −104 and −87.3. */
// @ts-ignore: decorator
@inline
export function expV(x: v128): v128 {
  return expWithin(atMost(atLeast(x, -104), 89), x, false);
}

/**
 * ln x: x = 2ᵉ·m with √½ ≤ m < √2, f = m − 1, ln m = f − f²/2 + f³·P(f). −Infinity at ±0, NaN below; subnormals are
 * scaled by 2²³ first.
 */
// @ts-ignore: decorator
@inline
export function logV(x: v128): v128 {
  const subnormal = f32x4.lt(x, splat(1.17549435e-38));
  const bits = v128.bitselect(mul(x, splat(8388608)), x, subnormal);
  const exponent = i32x4.shr_s(i32x4.sub(bits, i32x4.splat(0x3f3504f3)), 23);
  const f = sub(i32x4.sub(bits, i32x4.shl(exponent, 23)), splat(1));
  const e = f32x4.convert_i32x4_s(i32x4.sub(exponent, v128.and(subnormal, i32x4.splat(23))));
  let p = splat(0.0691554546);
  p = step(p, f, -0.117898554);
  p = step(p, f, 0.118729182);
  p = step(p, f, -0.123843364);
  p = step(p, f, 0.142186657);
  p = step(p, f, -0.166692525);
  p = step(p, f, 0.200022265);
  p = step(p, f, -0.249999866);
  p = step(p, f, 0.333333105);
  const z = mul(f, f);
  let y = add(mul(mul(f, z), p), mul(e, splat(1.42860682e-6)));
  y = sub(y, mul(z, splat(0.5)));
  y = add(add(f, y), mul(e, splat(0.693145751953125)));
  y = v128.bitselect(x, y, f32x4.eq(x, splat(f32.POSITIVE_INFINITY)));
  y = v128.bitselect(splat(f32.NEGATIVE_INFINITY), y, f32x4.eq(x, splat(0)));
  // Not greater or equal: negative or NaN.
  return v128.bitselect(y, splat(f32.NaN), f32x4.ge(x, splat(0)));
}

/** Small |x|: x + x³·P(x²); else 1 − 2/(e^2|x| + 1) with the sign of x. */
// @ts-ignore: decorator
@inline
export function tanhV(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = mul(x, x);
  let p = splat(-0.00571704516);
  p = step(p, z, 0.020650588);
  p = step(p, z, -0.0537434965);
  p = step(p, z, 0.133314908);
  p = step(p, z, -0.333332837);
  const small = add(x, mul(mul(x, z), p));
  const large = sub(splat(1), f32x4.div(splat(2), add(expWithin(atMost(add(size, size), 89), x, false), splat(1))));
  const signed = v128.or(large, v128.and(x, splat(-0.0)));
  return v128.bitselect(small, signed, f32x4.lt(size, splat(0.625)));
}

/** 1/(1+e^−x), from e^−|x| so that nothing overflows: 1/(1+e) or e/(1+e). */
// @ts-ignore: decorator
@inline
export function sigmoidV(x: v128): v128 {
  const e = expWithin(atLeast(v128.or(x, splat(-0.0)), -104), x, false);
  // No e is above 1.
  const top = f32x4.pmax(e, v128.and(f32x4.ge(x, splat(0)), splat(1)));
  return f32x4.div(top, add(splat(1), e));
}

/**
 * erfc(z) for z = size/√2 ≥ 0, from e^(z²)·erfc(z) as a polynomial in (z−3)/(z+3), good up to z = 10.5, where erfc is
 * below the smallest float32. z² = size²/2 is carried with its rounding error, so tails keep their relative accuracy.
 */
// @ts-ignore: decorator
@inline
function erfcOfRootHalf(size: v128): v128 {
  size = atMost(size, 20);
  const z = atMost(mul(size, splat(0.707106781)), 10.5);
  const t = f32x4.div(sub(z, splat(3)), add(z, splat(3)));
  let p = splat(5.60511144e-5);
  p = step(p, t, 2.91947672e-5);
  p = step(p, t, -0.000594430836);
  p = step(p, t, 0.000715582282);
  p = step(p, t, 0.00426876592);
  p = step(p, t, -0.0243942123);
  p = step(p, t, 0.0716658831);
  p = step(p, t, -0.150115788);
  p = step(p, t, 0.2456038);
  p = step(p, t, -0.326233566);
  p = step(p, t, 0.179001153);
  // The upper 12 bits have an exact square; the rest of the square is small.
  const upper = v128.and(size, i32x4.splat(0xfffff000));
  const square = mul(mul(upper, upper), splat(-0.5));
  const rest = mul(mul(sub(size, upper), add(size, upper)), splat(-0.5));
  // square is −200 at least.
  return mul(expWithin(atLeast(square, -104), rest, true), p);
}

/** erf(x) for |x| < 1: x + x·P(x²). */
// @ts-ignore: decorator
@inline
function smallErf(x: v128): v128 {
  const z = mul(x, x);
  let p = splat(7.88912294e-5);
  p = step(p, z, -0.000802084222);
  p = step(p, z, 0.00518953567);
  p = step(p, z, -0.0268544443);
  p = step(p, z, 0.112836003);
  p = step(p, z, -0.37612626);
  p = step(p, z, 0.128379166);
  return add(x, mul(x, p));
}

/** Error function; from 1 on 1 − erfc|x| with the sign of x. */
// @ts-ignore: decorator
@inline
export function erfV(x: v128): v128 {
  const size = f32x4.abs(x);
  const large = sub(splat(1), erfcOfRootHalf(mul(size, splat(1.41421356))));
  const signed = v128.or(large, v128.and(x, splat(-0.0)));
  return v128.bitselect(smallErf(x), signed, f32x4.lt(size, splat(1)));
}

/** x·Φ(x). Φ(x) = ½ + ½·erf(x/√2) around 0, the tail ½·erfc(−x/√2) on the left, 1 minus the tail on the right. */
// @ts-ignore: decorator
@inline
export function geluV(x: v128): v128 {
  const size = f32x4.abs(x);
  const tail = mul(splat(0.5), erfcOfRootHalf(size));
  const far = v128.bitselect(tail, sub(splat(1), tail), f32x4.lt(x, splat(0)));
  const near = add(splat(0.5), mul(splat(0.5), smallErf(mul(x, splat(0.707106781)))));
  return mul(x, v128.bitselect(near, far, f32x4.lt(size, splat(1))));
}

/** x·clamp(x+3, 0, 6)/6. */
// @ts-ignore: decorator
@inline
export function hardswishV(x: v128): v128 {
  const gate = atMost(atLeast(add(x, splat(3)), 0), 6);
  return mul(x, f32x4.div(gate, splat(6)));
}
