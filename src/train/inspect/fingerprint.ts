import { philox4x32 } from '../../base/philox.ts';
import { butterworthBandPass, filterZeroPhase, zeroPhasePadding } from '../../dsp/filter.ts';

/**
 * Fingerprints of sound that survive gain, polarity, requantising and cutting, for finding stretches that two
 * recordings share. Two ideas of others are put together:
 *
 * - Where: as in winnowing (S. Schleimer, D. S. Wilkerson and A. Aiken, "Winnowing: local algorithms for document
 *   fingerprinting", SIGMOD 2003) places are chosen by the content itself, here the largest peak within ±0.25 s of
 *   the band-passed sound, so that a cut anywhere leaves the other places where they were, to the sample.
 * - What: the sound around such a place is turned by a fixed pseudo-random rotation H·D₂·H·D₁ (Walsh-Hadamard
 *   transforms and random signs, as in A. Andoni et al., "Practical and optimal LSH for angular distance", NIPS
 *   2015), and the signs of the result are kept. The share of differing bits of two such words is about θ/π, θ the
 *   angle between the sounds (M. Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002).
 */
export interface Fingerprint {
  /** Places, in samples at `FINGERPRINT_RATE`, ascending. */
  readonly places: Int32Array;
  /** `WORDS` 32-bit words a place. */
  readonly bits: Int32Array;
}

/** Hz; the rate of the sound that fingerprints are made of. */
export const FINGERPRINT_RATE = 2000;
/** 32-bit words of a place. */
export const WORDS = 8;

/** Heart sounds have most of their power here, and a recording at 500 Hz still has it. */
const BAND = butterworthBandPass(2, 25, 180, FINGERPRINT_RATE);
/** A place is the largest peak this far to both sides, in samples: 0.25 s. */
const REACH = 500;
/** Values around a place that its word is made of, this many samples apart: 1.28 s at 400 Hz. */
const POINTS = 512;
const STEP = 5;
/** Peaks below this are silence, as a share of full scale: less than half a step of 16 bits. */
const SILENT = 1 / 65536;

/** D₁ and D₂. */
const SIGNS = randomSigns(2 * POINTS);

function randomSigns(count: number): Float64Array {
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i += 4) philox4x32(i, 0, 0, 0, 0x70636720, 0, words, i);
  return Float64Array.from(words, (word) => (word & 1 ? 1 : -1));
}

/** @param samples at `FINGERPRINT_RATE`, any scale up to 1; finite */
export function fingerprint(samples: Float32Array): Fingerprint {
  if (samples.length <= Math.max(zeroPhasePadding(BAND), POINTS * STEP))
    return { places: new Int32Array(0), bits: new Int32Array(0) };
  const sound = filterZeroPhase(BAND, samples);
  const places = peaks(sound);
  const bits = new Int32Array(places.length * WORDS);
  const work = new Float64Array(POINTS);
  for (let i = 0; i < places.length; i++) describe(sound, places[i]!, work, bits, i * WORDS);
  return { places, bits };
}

/** Samples whose size no other within REACH surpasses (the first of equals), with room around them for a word. */
function peaks(sound: Float64Array): Int32Array {
  const half = (POINTS / 2) * STEP;
  const found: number[] = [];
  for (let start = 0; start < sound.length; ) {
    // climb until nothing within REACH to the right is larger; all from `start` on is smaller too
    let top = largest(sound, start, start + REACH + 1);
    for (;;) {
      const next = largest(sound, top + 1, top + REACH + 1);
      if (next < 0 || Math.abs(sound[next]!) <= Math.abs(sound[top]!)) break;
      top = next;
    }
    const size = Math.abs(sound[top]!);
    const before = largest(sound, Math.max(0, top - REACH), start);
    const isPeak = size > SILENT && (before < 0 || Math.abs(sound[before]!) < size);
    if (isPeak && top >= half && top + half <= sound.length) found.push(top);
    start = top + REACH + 1;
  }
  return Int32Array.from(found);
}

/** Index of the first largest |value| in [from, to), −1 where there is none. */
function largest(sound: Float64Array, from: number, to: number): number {
  let best = -1;
  let size = -1;
  for (let i = from; i < Math.min(to, sound.length); i++) {
    const value = Math.abs(sound[i]!);
    if (value > size) {
      size = value;
      best = i;
    }
  }
  return best;
}

function describe(
  sound: Float64Array,
  place: number,
  work: Float64Array,
  bits: Int32Array,
  at: number,
): void {
  const polarity = sound[place]! < 0 ? -1 : 1;
  const first = place - (POINTS / 2) * STEP;
  for (let k = 0; k < POINTS; k++) {
    const value = sound[first + k * STEP]! * polarity;
    // the root lets the quiet part between the heart's sounds, which differs from beat to beat, count as well
    work[k] = (value < 0 ? -Math.sqrt(-value) : Math.sqrt(value)) * SIGNS[k]!;
  }
  hadamard(work);
  for (let k = 0; k < POINTS; k++) work[k]! *= SIGNS[POINTS + k]!;
  hadamard(work);
  for (let w = 0; w < WORDS; w++) {
    let word = 0;
    for (let b = 0; b < 32; b++) if (work[w * 32 + b]! > 0) word |= 1 << b;
    bits[at + w] = word;
  }
}

/** Walsh-Hadamard transform in place, unscaled; the length is a power of two. */
function hadamard(x: Float64Array): void {
  for (let half = 1; half < x.length; half *= 2) {
    for (let start = 0; start < x.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const a = x[i]!;
        const b = x[i + half]!;
        x[i] = a + b;
        x[i + half] = a - b;
      }
    }
  }
}
