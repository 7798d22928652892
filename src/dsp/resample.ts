/**
 * Sample-rate conversion by any rational factor: polyphase filtering with a Kaiser-windowed sinc (J. F. Kaiser,
 * "Nonrecursive digital filter design using the I0-sinh window function", ISCAS 1974).
 *
 * With N the lower of the two Nyquist frequencies: flat within 0.001 dB up to 0.9·N, more than 80 dB down from
 * N on, linear phase without delay. Beyond the ends the signal counts as zero.
 */
import { DataError, UsageError } from '../base/errors.ts';
import { sin } from '../base/math.ts';

/** Middle of the transition band, as a share of the lower Nyquist frequency. */
const CUTOFF = 0.95;
/** Kaiser's β for 90 dB: 0.1102·(90 − 8.7). */
const BETA = 8.96;
/** Half the filter's length, in samples of the lower rate: (90 − 8)/(2·2.285·0.1π), rounded up. */
const HALF_WIDTH = 58;
/** Coefficients kept for all phases at most; beyond that they are interpolated from one fine table. */
const MOST_COEFFICIENTS = 1048576;
/** Points a sample of the fine table: linear interpolation between them errs by less than 1e-8. */
const FINE = 8192;
/** Longest result: 37 hours at 2000 Hz. A damaged header asks for more than any memory holds. */
const MOST_SAMPLES = 268435456;
/** Samples that are converted at a time: few enough to stay in a processor's cache. */
const BLOCK = 16384;

function greatestCommonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/** Modified Bessel function I0 by its power series Σ ((x/2)^k / k!)². */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= ((x / 2) * (x / 2)) / (k * k);
    sum += term;
  }
  return sum;
}

const I0_BETA = besselI0(BETA);

/** The low-pass kernel at u samples of the lower rate from its middle. */
function kernel(u: number): number {
  const share = u / HALF_WIDTH;
  if (share * share >= 1) return 0;
  const angle = Math.PI * CUTOFF * u;
  const sinc = u === 0 ? CUTOFF : (CUTOFF * sin(angle)) / angle;
  return (sinc * besselI0(BETA * Math.sqrt(1 - share * share))) / I0_BETA;
}

let fineTable: Float64Array | undefined;

/** `kernel` from a table, for ratios with very many phases. */
function tabulatedKernel(u: number): number {
  fineTable ??= Float64Array.from({ length: HALF_WIDTH * FINE + 2 }, (_, i) => kernel(i / FINE));
  const at = Math.min(Math.abs(u), HALF_WIDTH) * FINE;
  const i = Math.floor(at);
  return fineTable[i]! + (at - i) * (fineTable[i + 1]! - fineTable[i]!);
}

/** How two rates relate: input sample i·down/up (i = 0, 1, …) is output sample i. */
class Polyphase {
  readonly up: number;
  readonly down: number;
  /** Input samples on each side of an output sample that take part; even. */
  readonly reach: number;
  private readonly scale: number;
  private readonly rows = new Map<number, Float64Array>();
  private readonly exact: boolean;
  private readonly scratch: Float64Array;

  constructor(from: number, to: number) {
    const divisor = greatestCommonDivisor(from, to);
    this.up = to / divisor;
    this.down = from / divisor;
    this.scale = Math.min(1, to / from);
    this.reach = 2 * Math.ceil(HALF_WIDTH / this.scale / 2);
    this.exact = this.up * 2 * this.reach <= MOST_COEFFICIENTS;
    this.scratch = new Float64Array(2 * this.reach);
  }

  /** Coefficients of the inputs −reach+1 … reach around an output that lies phase/up after input 0. */
  row(phase: number): Float64Array {
    const known = this.rows.get(phase);
    if (known) return known;
    const row = this.exact ? new Float64Array(2 * this.reach) : this.scratch;
    const h = this.exact ? kernel : tabulatedKernel;
    let sum = 0;
    for (let j = 0; j < row.length; j++) {
      const distance = j - this.reach + 1 - phase / this.up;
      row[j] = h(distance * this.scale);
      sum += row[j]!;
    }
    // a constant stays exactly that constant in every phase
    for (let j = 0; j < row.length; j++) row[j] = row[j]! / sum;
    if (this.exact) this.rows.set(phase, row);
    return row;
  }
}

/** Σ x[at + j]·row[j] in four sums, as many as a processor can keep in flight; row.length is a multiple of 4. */
function dot(x: Float64Array, at: number, row: Float64Array): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let j = 0, k = at; j < row.length; j += 4, k += 4) {
    s0 += x[k]! * row[j]!;
    s1 += x[k + 1]! * row[j + 1]!;
    s2 += x[k + 2]! * row[j + 2]!;
    s3 += x[k + 3]! * row[j + 3]!;
  }
  return s0 + s1 + (s2 + s3);
}

let lastPlan: { from: number; to: number; plan: Polyphase } | undefined;

/** Number of samples that `resample` returns for n samples. */
export function resampledLength(n: number, from: number, to: number): number {
  return Math.ceil((n * to) / from);
}

/**
 * @param n samples at rate `from`, or as many as are known of
 * @throws UsageError `dsp/rate`; DataError `dsp/too-long`
 */
export function checkResampling(n: number, from: number, to: number, name: string): void {
  for (const rate of [from, to]) {
    if (!(Number.isInteger(rate) && rate >= 1 && rate <= 16777216)) {
      throw new UsageError('dsp/rate', `sample rate ${rate} Hz is not an integer from 1 to 2^24`);
    }
  }
  const length = resampledLength(n, from, to);
  if (from === to || length <= MOST_SAMPLES) return;
  throw new DataError(
    'dsp/too-long',
    `${name} has ${n} samples at ${from} Hz, which would be ${length} at ${to} Hz, more than ${MOST_SAMPLES}`,
    'Check the sample rate in its header, or cut it into parts',
  );
}

/**
 * Converts samples that come in blocks of any size: what `push` and `end` return, one after the other, has the bits
 * that `resample` gives for all of them at once. It remembers as many samples as its filter is long.
 */
export class Resampler {
  readonly from: number;
  readonly to: number;
  private readonly name: string;
  private readonly plan: Polyphase;
  /** Inputs from `base` on, of which `filled` are there; `reach` zeros stand before input 0. */
  private held: Float64Array;
  private filled: number;
  private base = 0;
  private taken = 0;
  private made = 0;
  /** Where the next output's filter begins, as an index into the padded input, and its phase. */
  private first = 1;
  private phase = 0;

  /**
   * @param name what errors call the recording
   * @throws UsageError `dsp/rate`
   */
  constructor(from: number, to: number, name = 'recording') {
    checkResampling(0, from, to, name);
    this.from = from;
    this.to = to;
    this.name = name;
    if (lastPlan?.from !== from || lastPlan.to !== to) lastPlan = { from, to, plan: new Polyphase(from, to) };
    this.plan = lastPlan.plan;
    this.filled = this.plan.reach;
    this.held = new Float64Array(this.filled + BLOCK);
  }

  /**
   * The outputs that can be computed with these samples and those before.
   * @throws DataError `dsp/too-long` once there would be more than 2^28 samples
   */
  push(samples: Float32Array): Float32Array {
    this.taken += samples.length;
    checkResampling(this.taken, this.from, this.to, this.name);
    if (this.from === this.to) return samples.slice();
    return this.feed(samples.length, (held, at) => held.set(samples, at));
  }

  /** The last outputs: as many as half the filter is long. */
  end(): Float32Array {
    if (this.from === this.to) return new Float32Array(0);
    return this.feed(this.plan.reach + 2, (held, at) => held.fill(0, at, at + this.plan.reach + 2));
  }

  /** Takes `count` inputs in that `write` writes, then makes what outputs they allow. */
  private feed(count: number, write: (held: Float64Array, at: number) => void): Float32Array {
    const { plan } = this;
    this.makeRoom(count);
    write(this.held, this.filled);
    this.filled += count;
    const { held } = this;
    const { up, down, reach } = plan;
    const most = resampledLength(this.taken, this.from, this.to) - this.made;
    const last = this.base + this.filled - 2 * reach;
    // outputs whose filter begins at `last` or before: those with first + floor((phase + i·down)/up) ≤ last
    const ready = Math.floor(((last - this.first + 1) * up - this.phase - 1) / down) + 1;
    const out = new Float32Array(Math.max(0, Math.min(most, ready)));
    let { first, phase } = this;
    for (let i = 0; i < out.length; i++) {
      out[i] = dot(held, first - this.base, plan.row(phase));
      phase += down;
      first += Math.floor(phase / up);
      phase %= up;
    }
    this.first = first;
    this.phase = phase;
    this.made += out.length;
    return out;
  }

  /** Forgets what no filter needs any more, and grows where that is not enough. */
  private makeRoom(count: number): void {
    if (this.filled + count <= this.held.length) return;
    const gone = Math.min(this.first - this.base, this.filled);
    const kept = this.held.subarray(gone, this.filled);
    if (kept.length + count <= this.held.length) this.held.copyWithin(0, gone, this.filled);
    else {
      const larger = new Float64Array(kept.length + count);
      larger.set(kept);
      this.held = larger;
    }
    this.filled = kept.length;
    this.base += gone;
  }
}

/**
 * Converts `samples` from one rate to another (Hz, positive integers). Returns ceil(n·to/from) samples, of
 * which sample i stands at the time i/to; a copy if the rates are equal.
 * @param name what errors call the recording
 * @throws UsageError `dsp/rate`; DataError `dsp/too-long` for a result of more than 2^28 samples
 */
export function resample(samples: Float32Array, from: number, to: number, name = 'recording'): Float32Array {
  const resampler = new Resampler(from, to, name);
  checkResampling(samples.length, from, to, name);
  if (from === to) return samples.slice();
  const out = new Float32Array(resampledLength(samples.length, from, to));
  let at = 0;
  const keep = (part: Float32Array) => {
    out.set(part, at);
    at += part.length;
  };
  for (let i = 0; i < samples.length; i += BLOCK) keep(resampler.push(samples.subarray(i, i + BLOCK)));
  keep(resampler.end());
  return out;
}
