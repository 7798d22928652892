import { decibel } from '../../dsp/decibel.ts';
import { butterworthBandPass, filterZeroPhase, zeroPhasePadding } from '../../dsp/filter.ts';
import { FINGERPRINT_RATE } from './fingerprint.ts';

/** A stretch that two recordings have in common, as their samples say. */
export interface SharedStretch {
  /** Where it begins in the first and in the second recording, s. */
  readonly startA: number;
  readonly startB: number;
  readonly seconds: number;
  /** Normalised cross-correlation of the two over the stretch, 25–400 Hz; negative where the polarity is turned. */
  readonly correlation: number;
  /** Level of the second against the first, dB. */
  readonly gainDb: number;
}

/** Shorter stretches are not reported: two beats could be chance, and leak little. */
export const LEAST_SECONDS = 2;
/**
 * Correlation over the stretch from which it counts as the same sound; and of a stretch of under SHORT seconds, as two
 * beats of one regular heart have reached 0.973 (CinC 2016, see docs/decisions/0018).
 */
export const LEAST_CORRELATION = 0.9;
const LEAST_WHERE_SHORT = 0.985;
const SHORT = 4;
/** Correlation of a single block within it: one cough of noise more or less does not end a stretch. */
const LEAST_IN_BLOCK = 0.75;

/** Wide enough to hold murmurs, without the drift and rumble in which any two recordings may agree. */
const BAND = butterworthBandPass(2, 25, 400, FINGERPRINT_RATE);
const BLOCK = FINGERPRINT_RATE / 2;
/** How far the true offset may be from the one proposed, samples. */
const SLACK = 6;
/** A block this far below the mean power of the overlap says nothing, for or against. */
const QUIET = 1e-4;

/** The sound as `compare` wants it, null where it is too short. @param samples at `FINGERPRINT_RATE` */
export function prepare(samples: Float32Array): Float64Array | null {
  return samples.length > zeroPhasePadding(BAND) ? filterZeroPhase(BAND, samples) : null;
}

/**
 * Whether sample i of `b` really is sample i + offset of `a`, and over which stretch. Heart sounds repeat, so that
 * beats of one heart may resemble each other at many offsets; a copy resembles its original far better than the
 * original resembles itself a beat later, and sound of which that is not true (hum, a metronome) is refused.
 *
 * @param a, b from `prepare`
 * @returns null where they do not share `LEAST_SECONDS`
 */
export function compare(a: Float64Array, b: Float64Array, offset: number): SharedStretch | null {
  const at = refine(a, b, offset);
  const from = Math.max(0, at);
  const to = Math.min(a.length, b.length + at);
  const run = longestRun(a, b, at, from, to);
  if (run === null || run.to - run.from < LEAST_SECONDS * FINGERPRINT_RATE) return null;
  const { correlation, powerA, powerB } = correlate(a, b, at, run.from, run.to);
  const short = run.to - run.from < SHORT * FINGERPRINT_RATE;
  if (Math.abs(correlation) < (short ? LEAST_WHERE_SHORT : LEAST_CORRELATION)) return null;
  if (1 - Math.abs(correlation) > 0.5 * (1 - selfSimilarity(a, run.from, run.to))) return null;
  return {
    startA: run.from / FINGERPRINT_RATE,
    startB: (run.from - at) / FINGERPRINT_RATE,
    seconds: (run.to - run.from) / FINGERPRINT_RATE,
    correlation,
    gainDb: decibel(powerB / powerA),
  };
}

/** The offset within SLACK of the proposed one at which the overlap correlates best. */
function refine(a: Float64Array, b: Float64Array, offset: number): number {
  let best = offset;
  let highest = -1;
  for (let at = offset - SLACK; at <= offset + SLACK; at++) {
    const from = Math.max(0, at);
    const to = Math.min(a.length, b.length + at);
    if (to - from < BLOCK) continue;
    const size = Math.abs(correlate(a, b, at, from, to).correlation);
    if (size > highest) {
      highest = size;
      best = at;
    }
  }
  return best;
}

/** Of a[from…to−1] and what stands beside it in `b`. Band-passed sound has no mean to take off. */
function correlate(a: Float64Array, b: Float64Array, at: number, from: number, to: number) {
  let powerA = 0;
  let powerB = 0;
  let cross = 0;
  for (let i = from; i < to; i++) {
    const x = a[i]!;
    const y = b[i - at]!;
    powerA += x * x;
    powerB += y * y;
    cross += x * y;
  }
  const product = Math.sqrt(powerA) * Math.sqrt(powerB);
  return { correlation: product > 0 ? cross / product : 0, powerA, powerB };
}

/** The longest run of blocks that agree; quiet ones are carried along within it. */
function longestRun(a: Float64Array, b: Float64Array, at: number, from: number, to: number) {
  const whole = correlate(a, b, at, from, to);
  const sign = whole.correlation < 0 ? -1 : 1;
  const perSample = { a: whole.powerA / (to - from), b: whole.powerB / (to - from) };
  let longest: { from: number; to: number } | null = null;
  let start = -1;
  for (let block = from; block < to; block += BLOCK) {
    const end = Math.min(block + BLOCK, to);
    const { correlation, powerA, powerB } = correlate(a, b, at, block, end);
    const quiet =
      powerA <= QUIET * perSample.a * (end - block) && powerB <= QUIET * perSample.b * (end - block);
    if (!quiet && sign * correlation < LEAST_IN_BLOCK) {
      start = -1;
      continue;
    }
    if (start < 0) start = block;
    if (longest === null || end - start > longest.to - longest.from) longest = { from: start, to: end };
  }
  return longest;
}

/** The largest correlation of up to 10 s of a stretch with itself 0.25 to 2 s later, at 500 Hz. */
function selfSimilarity(a: Float64Array, from: number, to: number): number {
  const every = FINGERPRINT_RATE / 500;
  const length = Math.floor(Math.min(to - from, 10 * FINGERPRINT_RATE) / every);
  const x = Float64Array.from({ length }, (_, i) => a[from + i * every]!);
  let highest = 0;
  for (let lag = 125; lag <= Math.min(1000, length / 2); lag++) {
    const { correlation } = correlate(x, x, -lag, 0, length - lag);
    if (correlation > highest) highest = correlation;
  }
  return highest;
}
