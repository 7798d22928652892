/**
 * 10·log10 of many positive numbers. The mantissa's first 8 bits choose a table entry c, which leaves
 * log(1 + r) with |r| < 2^-8, four terms of its series (P. T. P. Tang, "Table-driven implementation of the
 * logarithm function in IEEE floating-point arithmetic", ACM TOMS 16, 1990). Within 1e-11 dB.
 */
import { log10 } from '../base/math.ts';

const DB_PER_NEPER = 10 * Math.LOG10E;
const DB_PER_OCTAVE = 10 * log10(2);
const MANTISSA_BITS = 8;
const SIZE = 256;

/** 1/c and 10·log10(c) for the middle c of each of 256 mantissa intervals. */
const reciprocal = new Float64Array(SIZE);
const tableDb = new Float64Array(SIZE);
for (let i = 0; i < SIZE; i++) {
  const c = 1 + (i + 0.5) / SIZE;
  reciprocal[i] = 1 / c;
  // of what 1/c was rounded to, so that both entries fit together
  tableDb[i] = -10 * log10(reciprocal[i]!);
}
/** 2^(1023 − e) for every exponent field e of normal numbers. */
const unscale = new Float64Array(2047);
unscale[1023] = 1;
for (let e = 1024; e < 2047; e++) unscale[e] = unscale[e - 1]! / 2;
for (let e = 1022; e > 0; e--) unscale[e] = unscale[e + 1]! * 2;

const probe = new Int32Array(new Float64Array([1]).buffer);
/** Which 32-bit word of a double holds sign and exponent. */
const HIGH_WORD = probe[1] === 0x3ff00000 ? 1 : 0;

/** A block of doubles, and the same memory as 32-bit words. */
export interface DecibelBlock {
  values: Float64Array;
  words: Int32Array;
}

export function decibelBlock(length: number): DecibelBlock {
  const values = new Float64Array(length);
  return { values, words: new Int32Array(values.buffer) };
}

/** Replaces the first `count` values (positive, normal, finite) by 10·log10 of them. */
export function toDecibels(block: DecibelBlock, count: number): void {
  const { values, words } = block;
  for (let i = 0; i < count; i++) {
    const high = words[2 * i + HIGH_WORD]!;
    const e = high >> 20;
    const j = (high >> (20 - MANTISSA_BITS)) & (SIZE - 1);
    const r = values[i]! * unscale[e]! * reciprocal[j]! - 1;
    const series =
      r * (DB_PER_NEPER + r * (-DB_PER_NEPER / 2 + r * (DB_PER_NEPER / 3 - r * (DB_PER_NEPER / 4))));
    values[i] = (e - 1023) * DB_PER_OCTAVE + tableDb[j]! + series;
  }
}

const single = decibelBlock(1);

/** 10·log10(x) for one positive, normal, finite x; the same bits as `toDecibels`. */
export function decibel(x: number): number {
  single.values[0] = x;
  toDecibels(single, 1);
  return single.values[0]!;
}
