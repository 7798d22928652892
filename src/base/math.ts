/**
 * Elementary functions with the same bits on every machine: built from + − × ÷, `Math.sqrt`, `Math.floor`
 * and bit access alone, all of which IEEE 754 and ECMAScript define exactly (the host's own `Math.exp` and
 * friends are allowed to differ). Each is within 2 ulp of the true value, most within 1.
 *
 * The method throughout is that of J.-M. Muller, "Elementary Functions: Algorithms and Implementation"
 * (3rd ed., Birkhäuser 2016): reduce the argument (Cody and Waite, "Software Manual for the Elementary
 * Functions", 1980: subtract k·C with C split in parts so that the products are exact), evaluate a truncated
 * Taylor series on the small interval, and put the result together so that the leading term is exact.
 */
export { cos, sin } from './trigonometry.ts';

import { divide, multiply, pair, scaleAdd } from './double-double.ts';

/** ln 2 in two parts; the first has 32 significant bits, so k·LN2_HIGH is exact for |k| < 2^21. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const INV_LN2 = Math.LOG2E;
const TWO_54 = 18014398509481984;

const doubleBits = new Float64Array(1);
const wordBits = new Int32Array(doubleBits.buffer);
doubleBits[0] = 1;
/** Index of the word with sign and exponent: 1 on little-endian machines. */
const HIGH = wordBits[1] === 0x3ff00000 ? 1 : 0;

/** 2^k at index k + 1023, for −1023 ≤ k ≤ 1023, by exact doubling and halving from 1. */
const POWERS = new Float64Array(2047);
POWERS[1023] = 1;
for (let k = 1; k <= 1023; k++) {
  POWERS[1023 + k] = POWERS[1022 + k]! * 2;
  POWERS[1023 - k] = POWERS[1024 - k]! / 2;
}

/** 2^k for −1023 ≤ k ≤ 1023. */
function powerOfTwo(k: number): number {
  return POWERS[k + 1023]!;
}

/** y·2^k with one rounding, for y in [1/2, 2) and any k; overflows to Infinity, underflows gradually. */
function scaleByPower(y: number, k: number): number {
  if (k > 1022) return y * powerOfTwo(1022) * powerOfTwo(Math.min(k - 1022, 1023));
  if (k >= -1021) return y * powerOfTwo(k);
  return y * powerOfTwo(Math.max(k + 1021, -1022)) * powerOfTwo(-1021);
}

/** e^r − 1 for |r| ≤ 0.35: Taylor series to r^13 (remainder below 2^-57 of the result), r itself kept exact. */
function expm1Small(r: number): number {
  const r2 = r * r;
  const even =
    1 / 2 + r2 * (1 / 24 + r2 * (1 / 720 + r2 * (1 / 40320 + r2 * (1 / 3628800 + r2 * (1 / 479001600)))));
  const odd =
    1 / 6 +
    r2 * (1 / 120 + r2 * (1 / 5040 + r2 * (1 / 362880 + r2 * (1 / 39916800 + r2 * (1 / 6227020800)))));
  return r + r2 * (even + r * odd);
}

/** e^(x + low), |low| far below |x|; used where the exponent is known beyond double precision. */
function expOfPair(x: number, low: number): number {
  if (!(x < 709.79)) return x > 0 ? Infinity : x;
  if (x < -745.2) return 0;
  const k = Math.floor(x * INV_LN2 + 0.5);
  const r = x - k * LN2_HIGH + (low - k * LN2_LOW);
  return scaleByPower(1 + expm1Small(r), k);
}

/** e^x. */
export function exp(x: number): number {
  return expOfPair(x, 0);
}

/** e^x − 1, accurate near 0. */
export function expm1(x: number): number {
  if (x > -0.35 && x < 0.35) return x === 0 ? x : expm1Small(x);
  if (!(x < 709.79)) return x > 0 ? Infinity : x;
  if (x < -40) return -1;
  const k = Math.floor(x * INV_LN2 + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  // e^r (1 + error) − 1, where error is what the rounding of r lost
  const y = expm1Small(r) + (high - r - low);
  if (k > 1022) return scaleByPower(1 + y, k);
  const scale = powerOfTwo(k);
  return k < 53 ? scale * y + (scale - 1) : scale * (y + (1 - powerOfTwo(-k)));
}

/** Exponent k that the last call of `mantissa` took out. */
let exponent = 0;

/** Added to the high word, carries into the exponent just when the mantissa is at least √2 (0x3ff6a09e). */
const ROUND_AT_SQRT_2 = 0x3ff00000 - 0x3fe6a09e;

/** x = m·2^k for finite x > 0: returns m in [√½, √2) and leaves k in `exponent`. */
function mantissa(x: number): number {
  let bias = 1023;
  if (x < 2.2250738585072014e-308) {
    x *= TWO_54;
    bias = 1077;
  }
  doubleBits[0] = x;
  const biased = (wordBits[HIGH]! + ROUND_AT_SQRT_2) >>> 20;
  exponent = biased - bias;
  if (biased === 2047) return x * 0.5 * POWERS[0]!;
  return x * POWERS[2046 - biased]!;
}

/**
 * Natural logarithm. x = 2^k·(1+f), s = f/(2+f): log(1+f) = 2 atanh s = 2s + s·R with R = 2s²/3 + 2s⁴/5 + …
 * As 2s = f − s·f and s·f = f²/2 − s·f²/2, that is f − (f²/2 − s·(f²/2 + R)), whose leading term is exact.
 */
export function log(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x > 0 ? x : NaN;
  const f = mantissa(x) - 1;
  const k = exponent;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const a = w * (2 / 5 + w * (2 / 9 + w * (2 / 13 + w * (2 / 17 + w * (2 / 21)))));
  const b = z * (2 / 3 + w * (2 / 7 + w * (2 / 11 + w * (2 / 15 + w * (2 / 19)))));
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + (a + b)) + k * LN2_LOW) - f);
}

/**
 * log x to about 2^-68 relative, left in `pair`, for finite x > 0. The same series as `log`, with
 * s = (m−1)/(m+1) and the three leading terms 2s(1 + z/3 + z²/5 + …) in double-double arithmetic.
 */
function logPair(x: number): void {
  const m = mantissa(x);
  const k = exponent;
  const g = m + 1;
  divide(m - 1, g, m - (g - 1));
  const sHigh = pair.high;
  const sLow = pair.low;
  multiply(sHigh, sLow, sHigh, sLow);
  const zHigh = pair.high;
  const zLow = pair.low;
  const z = zHigh;
  const tail =
    1 / 7 +
    z *
      (1 / 9 +
        z *
          (1 / 11 +
            z *
              (1 / 13 +
                z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21 + z * (1 / 23 + z * (1 / 25)))))))));
  scaleAdd(zHigh, zLow, tail, 0, 0.2, -1.1102230246251566e-17);
  scaleAdd(zHigh, zLow, pair.high, pair.low, 0.3333333333333333, 1.850371707708594e-17);
  scaleAdd(zHigh, zLow, pair.high, pair.low, 1, 0);
  multiply(pair.high, pair.low, 2 * sHigh, 2 * sLow);
  scaleAdd(k, 0, LN2_LOW, 0, pair.high, pair.low);
  scaleAdd(k, 0, LN2_HIGH, 0, pair.high, pair.low);
}

/** Base-10 logarithm; exact for powers of ten. */
export function log10(x: number): number {
  if (!(x > 0 && x < Infinity)) return log(x);
  logPair(x);
  multiply(pair.high, pair.low, Math.LOG10E, 1.098319650216765e-17);
  return pair.high;
}

/** Base-2 logarithm; exact for powers of two. */
export function log2(x: number): number {
  if (!(x > 0 && x < Infinity)) return log(x);
  logPair(x);
  multiply(pair.high, pair.low, INV_LN2, 2.0355273740931033e-17);
  return pair.high;
}

/**
 * x^y with the special cases of ECMAScript's `Math.pow` (so 1^Infinity is NaN): e^(y·log x) with the
 * logarithm and the product in double-double, since y·log x reaches 745 and each of its bits counts.
 */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const size = Math.abs(x);
  if (size === 1 && Math.abs(y) === Infinity) return NaN;
  const wholePower = Math.floor(y) === y;
  // beyond 2^53 every double is even
  const oddPower = wholePower && Math.abs(y) < 9007199254740992 && Math.floor(y / 2) * 2 !== y;
  const negative = oddPower && (x < 0 || Object.is(x, -0));
  const sign = negative ? -1 : 1;
  if (size === 0 || size === Infinity) return (size === 0) === y > 0 ? sign * 0 : sign * Infinity;
  if (x < 0 && !wholePower) return NaN;
  if (size === 1) return sign;
  if (y === 1) return x;
  // |log x| ≥ 2^-53 for x ≠ 1, so the result is certain, and the products below could overflow
  if (Math.abs(y) > 1e20) return size > 1 === y > 0 ? Infinity : 0;
  logPair(size);
  multiply(pair.high, pair.low, y, 0);
  return sign * expOfPair(pair.high, pair.low);
}

/**
 * Hyperbolic tangent. Small |x|: the ninth convergent x·A(z)/B(z), z = x², of Lambert's continued fraction
 * x/(1 + z/(3 + z/(5 + …))), written x − x·(B−A)/B so that its leading term is exact. Else 1 − 2/(e^2x + 1).
 */
export function tanh(x: number): number {
  const size = Math.abs(x);
  if (size < 0.55) {
    if (x === 0) return x;
    const z = x * x;
    const difference = 11486475 + z * (810810 + z * (12870 + z * 44));
    const b = 34459425 + z * (16216200 + z * (945945 + z * (13860 + z * 45)));
    return x - (x * z * difference) / b;
  }
  if (Number.isNaN(x)) return x;
  if (size > 20) return x > 0 ? 1 : -1;
  const y = 1 - 2 / (exp(2 * size) + 1);
  return x < 0 ? -y : y;
}

/**
 * e^(x²)·erfc(x) for 1 ≤ x ≤ 6 as a polynomial in t = (x−3)/(x+3): Chebyshev interpolation in 200-bit
 * arithmetic, largest error 2e-19.
 */
const ERFC_SCALED = [
  0.17900115118138996, -0.3262335600430372, 0.24560380171233093, -0.15011593650077582, 0.07166583719797331,
  -0.024392499318790735, 0.004269136333077869, 0.0007077464435611972, -0.0005970619531815352,
  4.525520140579536e-5, 6.405657794051666e-5, -1.2859347351455289e-5, -7.977696579644072e-6,
  2.1124428949403864e-6, 1.2459620847174093e-6, -2.6915157592850126e-7, -2.0355575642200858e-7,
];

/** Error function 2/√π ∫₀ˣ e^(−t²) dt: Maclaurin series (Abramowitz and Stegun 7.1.5) up to 1, then 1 − erfc. */
export function erf(x: number): number {
  if (Number.isNaN(x) || x === 0) return x;
  const size = Math.abs(x);
  if (size >= 6) return x > 0 ? 1 : -1;
  if (size >= 1) {
    const t = (size - 3) / (size + 3);
    let p = 0;
    for (let i = ERFC_SCALED.length - 1; i >= 0; i--) p = p * t + ERFC_SCALED[i]!;
    const y = 1 - p * exp(-size * size);
    return x > 0 ? y : -y;
  }
  // Σ (−1)^n z^n / (n!·(2n+1)) from its small end; n = 0 is kept apart as the leading term
  const z = x * x;
  let sum = 0;
  for (let n = ERF_TERMS.length - 1; n >= 1; n--) sum = (sum + ERF_TERMS[n]!) * z;
  return 1.1283791670955126 * x + (1.533545961316588e-17 * x + 1.1283791670955126 * x * sum);
}

/** (−1)^n / (n!·(2n+1)). */
const ERF_TERMS = Array.from({ length: 19 }, (_, n) => {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return (n % 2 ? -1 : 1) / factorial / (2 * n + 1);
});
