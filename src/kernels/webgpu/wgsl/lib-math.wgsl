// Elementary functions of four float32 at once, a few units of the last place from the truth over the whole range.
// WGSL's own may be far off: exp by 3 + 2|x| units, log by 2^-21 around 1, tanh by what is left of two exponentials
// that cancel near 0 and overflow far out. Kernels that use these are limited by memory, so exactness is free.
// NaN in, NaN out: limits are set with select and comparisons, because min, max and clamp leave NaN open.
//
// Arguments are reduced as in W. J. Cody and W. Waite, "Software manual for the elementary functions" (1980);
// polynomials are minimax in float32, the same as on cpu (cpu/wasm/math.ts).

fn atMost(x: vec4f, limit: f32) -> vec4f {
  return select(x, vec4f(limit), x > vec4f(limit));
}

fn atLeast(x: vec4f, limit: f32) -> vec4f {
  return select(x, vec4f(limit), x < vec4f(limit));
}

// 2^n for n in -126 ... 127.
fn powerOfTwo(n: vec4i) -> vec4f {
  return bitcast<vec4f>((n + vec4i(127)) << vec4u(23));
}

fn withSignOf(size: vec4f, x: vec4f) -> vec4f {
  return bitcast<vec4f>(bitcast<vec4u>(size) | (bitcast<vec4u>(x) & vec4u(0x80000000u)));
}

// e^(x+low) for a |low| that is small beside 1. x = n ln 2 + r with |r| <= ln 2 / 2, e^r = 1 + r + r² P(r); 2^n in two
// halves, so that results go over into subnormals (where the device has them), 0 and Infinity as they should.
fn exponentialWithLow(x: vec4f, low: vec4f) -> vec4f {
  let inside = atMost(atLeast(x, -104.0), 89.0);
  let whole = round(inside * 1.44269504);
  var r = inside - whole * 0.693145751953125;
  r = r - (whole * 1.42860682e-6 - low);
  var p = vec4f(0.00138144672);
  p = p * r + 0.00836878084;
  p = p * r + 0.0416683927;
  p = p * r + 0.166665196;
  p = p * r + 0.49999994;
  let y = r * r * p + r + 1.0;
  let n = vec4i(whole);
  let half = n >> vec4u(1);
  return y * powerOfTwo(half) * powerOfTwo(n - half);
}

fn exponential(x: vec4f) -> vec4f {
  return exponentialWithLow(x, vec4f(0));
}

// x = 2^e m with sqrt(1/2) <= m < sqrt(2), f = m - 1, ln m = f - f²/2 + f³ P(f). Of 0 it is -Infinity, of negative numbers
// NaN, and Infinity and NaN stay what they are: from bits, as WGSL leaves its own log open there (one gives log(0) = -88).
fn logarithm(x: vec4f) -> vec4f {
  let subnormal = x < vec4f(1.17549435e-38);
  let bits = bitcast<vec4i>(select(x, x * 8388608.0, subnormal));
  let exponent = (bits - vec4i(0x3f3504f3)) >> vec4u(23);
  let f = bitcast<vec4f>(bits - (exponent << vec4u(23))) - 1.0;
  let e = vec4f(exponent) - select(vec4f(0), vec4f(23), subnormal);
  var p = vec4f(0.0691554546);
  p = p * f - 0.117898554;
  p = p * f + 0.118729182;
  p = p * f - 0.123843364;
  p = p * f + 0.142186657;
  p = p * f - 0.166692525;
  p = p * f + 0.200022265;
  p = p * f - 0.249999866;
  p = p * f + 0.333333105;
  let z = f * f;
  var y = f * z * p + e * 1.42860682e-6;
  y = f + (y - z * 0.5) + e * 0.693145751953125;
  let ordinary = (x > vec4f(0)) & (x <= vec4f(3.4028234e38));
  let own = bitcast<vec4u>(x);
  let special = select(select(own, vec4u(0x7fc00000u), x < vec4f(0)), vec4u(0xff800000u), x == vec4f(0));
  return select(bitcast<vec4f>(special), y, ordinary);
}

// Small |x|: x + x³ P(x²); else 1 - 2 / (e^2|x| + 1) with the sign of x.
fn hyperbolicTangent(x: vec4f) -> vec4f {
  let size = abs(x);
  let z = x * x;
  var p = vec4f(-0.00571704516);
  p = p * z + 0.020650588;
  p = p * z - 0.0537434965;
  p = p * z + 0.133314908;
  p = p * z - 0.333332837;
  let near = x + x * z * p;
  let far = 1.0 - 2.0 / (exponential(2.0 * atMost(size, 20.0)) + 1.0);
  return select(withSignOf(far, x), near, size < vec4f(0.625));
}

// 1 / (1 + e^-x), from e^-|x| so that nothing overflows.
fn sigmoid(x: vec4f) -> vec4f {
  let e = exponential(-abs(x));
  return select(e, vec4f(1), x >= vec4f(0)) / (1.0 + e);
}

// erfc(z) for z = size / sqrt(2) >= 0, from e^(z²) erfc(z) as a polynomial in (z-3)/(z+3), good up to z = 10.5, where
// erfc is below the smallest float32. z² = size² / 2 is carried with its rounding error: tails keep their accuracy.
fn erfcOfRootHalf(whole: vec4f) -> vec4f {
  let size = atMost(whole, 20.0);
  let z = atMost(size * 0.707106781, 10.5);
  let t = (z - 3.0) / (z + 3.0);
  var p = vec4f(5.60511144e-5);
  p = p * t + 2.91947672e-5;
  p = p * t - 0.000594430836;
  p = p * t + 0.000715582282;
  p = p * t + 0.00426876592;
  p = p * t - 0.0243942123;
  p = p * t + 0.0716658831;
  p = p * t - 0.150115788;
  p = p * t + 0.2456038;
  p = p * t - 0.326233566;
  p = p * t + 0.179001153;
  // The upper 12 bits have an exact square; the rest of the square is small.
  let upper = bitcast<vec4f>(bitcast<vec4u>(size) & vec4u(0xfffff000u));
  let rest = (size - upper) * (size + upper) * -0.5;
  return exponentialWithLow(upper * upper * -0.5, rest) * p;
}

// erf(x) for |x| < 1: x + x P(x²).
fn smallErf(x: vec4f) -> vec4f {
  let z = x * x;
  var p = vec4f(7.88912294e-5);
  p = p * z - 0.000802084222;
  p = p * z + 0.00518953567;
  p = p * z - 0.0268544443;
  p = p * z + 0.112836003;
  p = p * z - 0.37612626;
  p = p * z + 0.128379166;
  return x + x * p;
}

// From 1 on 1 - erfc|x| with the sign of x.
fn errorFunction(x: vec4f) -> vec4f {
  let size = abs(x);
  let far = 1.0 - erfcOfRootHalf(size * 1.41421356);
  return select(withSignOf(far, x), smallErf(x), size < vec4f(1));
}

// x Φ(x): Φ is 1/2 + erf(x/√2)/2 around 0, the tail erfc(-x/√2)/2 on the left, 1 minus the tail on the right.
fn gelu(x: vec4f) -> vec4f {
  let size = abs(x);
  let tail = 0.5 * erfcOfRootHalf(size);
  let far = select(1.0 - tail, tail, x < vec4f(0));
  let near = 0.5 + 0.5 * smallErf(x * 0.707106781);
  return x * select(far, near, size < vec4f(1));
}

// x clamp(x+3, 0, 6) / 6.
fn hardswish(x: vec4f) -> vec4f {
  return x * (atMost(atLeast(x + 3.0, 0.0), 6.0) / 6.0);
}
