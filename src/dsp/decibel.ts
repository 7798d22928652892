/**
 * 10·log10 of positive numbers. Of many, in float32: x = 2^k·m with m in [√½, √2), s = (m−1)/(m+1) and the first four
 * terms of log m = 2 atanh s (J.-M. Muller, "Elementary Functions", 3rd ed., §4.4), whose fifth is below 1.3e-7 dB. An
 * octave is 3 dB, of which k are exact, and a rest. Operation for operation as in wasm/logmel.ts.
 */
import { log10 } from '../base/math.ts';

const { fround } = Math;
const DB_PER_NEPER = fround(4.342944819032518);
const OCTAVE_HIGH = 3;
const OCTAVE_LOW = fround(0.010299956639812);
const C1 = 2 * DB_PER_NEPER;
const C3 = fround(C1 / 3);
const C5 = fround(C1 / 5);
const C7 = fround(C1 / 7);

/** Added to the bits of a float32, carries into the exponent when the mantissa is at least √2. */
const ROUND_AT_SQRT_2 = 0x3f800000 - 0x3f3504f3;

/** 10·log10(x) in float64, for x > 0. */
export function decibel(x: number): number {
  return 10 * log10(x);
}

/** A block of float32, and the same memory as their bits. */
export interface DecibelBlock {
  values: Float32Array;
  bits: Int32Array;
}

export function decibelBlock(length: number): DecibelBlock {
  const values = new Float32Array(length);
  return { values, bits: new Int32Array(values.buffer) };
}

/** Replaces all values (positive, normal, finite) by 10·log10 of them, off by no more than a float32 is. */
export function toDecibels({ values, bits }: DecibelBlock): void {
  for (let i = 0; i < values.length; i++) {
    const k = ((bits[i]! + ROUND_AT_SQRT_2) >>> 23) - 127;
    bits[i] = bits[i]! - (k << 23);
    const f = fround(values[i]! - 1);
    const s = fround(f / fround(f + 2));
    const z = fround(s * s);
    const p = fround(C1 + fround(z * fround(C3 + fround(z * fround(C5 + fround(z * C7))))));
    values[i] = fround(k * OCTAVE_HIGH) + fround(fround(k * OCTAVE_LOW) + fround(s * p));
  }
}
