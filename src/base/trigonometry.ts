/**
 * Sine and cosine with the same bits on every machine, within 1 ulp. Argument reduction modulo π/2 by Cody
 * and Waite (1980) for moderate arguments and, for huge ones, by exact integer arithmetic with enough bits
 * of 2/π (M. Payne and R. Hanek, SIGNUM Newsletter 18, 1983); then Taylor series on [−π/4, π/4].
 */
import { add, multiply, pair } from './double-double.ts';

/** π/2 in three parts of 33 bits, whose products with |k| < 2^20 are exact, and a fourth with the rest. */
const PIO2_1 = 1.5707963267341256;
const PIO2_2 = 6.077100506303966e-11;
const PIO2_3 = 2.0222662487111665e-21;
const PIO2_4 = 8.4784276603689e-32;
const INV_PIO2 = 0.6366197723675814;
const QUARTER_PI = 0.7853981633974483;

/** Reduces finite |x| > π/4 to a remainder within about π/4, left in `pair`; returns the quadrant 0…3. */
function reduce(x: number): number {
  if (Math.abs(x) > 823549) return reduceHuge(x);
  const k = Math.floor(x * INV_PIO2 + 0.5);
  add(x - k * PIO2_1, 0, -k * PIO2_2, 0);
  add(pair.high, pair.low, -k * PIO2_3, -k * PIO2_4);
  return k & 3;
}

/** floor(2/π·2^1216): covers the largest exponent (1024) with 192 bits to spare. */
const TWO_OVER_PI = BigInt(
  '0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1d' +
    'eb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a' +
    '6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6bab',
);
const FRACTION_BITS = 1216n;
/** 2^80 */
const HALF_SCALE = 1099511627776 * 1099511627776;

/** x·2/π as an exact integer product: its integer part gives the quadrant, its fraction the remainder. */
function reduceHuge(x: number): number {
  const size = Math.abs(x);
  // below 2^53 there may be up to 33 bits after the point, as |x| > 2^19
  const extra = size < 9007199254740992 ? 33n : 0n;
  const product = BigInt(extra ? size * 8589934592 : size) * TWO_OVER_PI;
  const bits = FRACTION_BITS + extra;
  const nearest = (product + (1n << (bits - 1n))) >> bits;
  const fraction = product - (nearest << bits);
  // the leading 160 bits, as a sum of two doubles; the fraction is never below 2^-70 or so
  const top = fraction >> (bits - 160n);
  const high = Number(top);
  const low = Number(top - BigInt(high));
  const scale = 1 / (HALF_SCALE * HALF_SCALE);
  const sign = x < 0 ? -1 : 1;
  multiply(sign * high * scale, sign * low * scale, 1.5707963267948966, 6.123233995736766e-17);
  return (sign * Number(nearest & 3n)) & 3;
}

/** sin(x + low) for |x| ≤ π/4: Taylor series to x^17; low enters through its derivative 1 − x²/2. */
function sinSmall(x: number, low: number): number {
  const z = x * x;
  const p =
    -1 / 6 +
    z *
      (1 / 120 +
        z *
          (-1 / 5040 +
            z *
              (1 / 362880 +
                z *
                  (-1 / 39916800 +
                    z * (1 / 6227020800 + z * (-1 / 1307674368000 + z * (1 / 355687428096000)))))));
  return x + (x * z * p + low * (1 - 0.5 * z));
}

/** cos(x + low) for |x| ≤ π/4: 1 − x²/2 with its rounding error put back, and the series to x^16. */
function cosSmall(x: number, low: number): number {
  const z = x * x;
  const p =
    1 / 24 +
    z *
      (-1 / 720 +
        z *
          (1 / 40320 +
            z * (-1 / 3628800 + z * (1 / 479001600 + z * (-1 / 87178291200 + z * (1 / 20922789888000))))));
  const half = 0.5 * z;
  const head = 1 - half;
  return head + (1 - head - half + (z * z * p - x * low));
}

/** Sine of x in radians. */
export function sin(x: number): number {
  if (Math.abs(x) <= QUARTER_PI) return x === 0 ? x : sinSmall(x, 0);
  if (!(Math.abs(x) < Infinity)) return NaN;
  const quadrant = reduce(x);
  const y = quadrant & 1 ? cosSmall(pair.high, pair.low) : sinSmall(pair.high, pair.low);
  return quadrant & 2 ? -y : y;
}

/** Cosine of x in radians. */
export function cos(x: number): number {
  if (Math.abs(x) <= QUARTER_PI) return cosSmall(x, 0);
  if (!(Math.abs(x) < Infinity)) return NaN;
  const quadrant = reduce(x);
  const y = quadrant & 1 ? sinSmall(pair.high, pair.low) : cosSmall(pair.high, pair.low);
  return (quadrant + 1) & 2 ? -y : y;
}
