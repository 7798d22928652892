/**
 * Arithmetic on unevaluated sums high + low of two doubles (about 106 bits): T. J. Dekker, "A floating-point
 * technique for extending the available precision", Numer. Math. 18 (1971); Knuth's two-sum.
 * Every function leaves its result in `pair`, so that nothing is allocated.
 */

/** The last result: |low| is at most half an ulp of high. */
export const pair = { high: 0.5, low: 0.5 };

/** Veltkamp's constant 2^27 + 1 cuts 53 bits in two halves whose products are exact. */
const SPLITTER = 134217729;

/** Rounding error of the product p = a·b, exact while |a|, |b| < 2^970 and nothing underflows. */
function productError(a: number, b: number, p: number): number {
  const ca = SPLITTER * a;
  const aHigh = ca - (ca - a);
  const aLow = a - aHigh;
  const cb = SPLITTER * b;
  const bHigh = cb - (cb - b);
  const bLow = b - bHigh;
  return aLow * bLow - (p - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** (aHigh + aLow)·(bHigh + bLow). */
export function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const p = aHigh * bHigh;
  const error = productError(aHigh, bHigh, p) + (aHigh * bLow + aLow * bHigh);
  pair.high = p + error;
  pair.low = p - pair.high + error;
}

/** a / (bHigh + bLow). */
export function divide(a: number, bHigh: number, bLow: number): void {
  const q = a / bHigh;
  const p = q * bHigh;
  const correction = (a - p - productError(q, bHigh, p) - q * bLow) / bHigh;
  pair.high = q + correction;
  pair.low = q - pair.high + correction;
}

/** (aHigh + aLow)·(bHigh + bLow) + (cHigh + cLow). */
export function scaleAdd(
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
  cHigh: number,
  cLow: number,
): void {
  multiply(aHigh, aLow, bHigh, bLow);
  add(pair.high, pair.low, cHigh, cLow);
}

/** (aHigh + aLow) + (bHigh + bLow). */
export function add(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const sum = aHigh + bHigh;
  const shadow = sum - aHigh;
  const error = aHigh - (sum - shadow) + (bHigh - shadow) + (aLow + bLow);
  pair.high = sum + error;
  pair.low = sum - pair.high + error;
}
