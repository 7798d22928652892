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
 * Converts `samples` from one rate to another (Hz, positive integers). Returns ceil(n·to/from) samples, of
 * which sample i stands at the time i/to; a copy if the rates are equal.
 * @param name what errors call the recording
 * @throws UsageError `dsp/rate`; DataError `dsp/too-long` for a result of more than 2^28 samples
 */
export function resample(samples: Float32Array, from: number, to: number, name = 'recording'): Float32Array {
  for (const rate of [from, to]) {
    if (!(Number.isInteger(rate) && rate >= 1 && rate <= 16777216)) {
      throw new UsageError('dsp/rate', `sample rate ${rate} Hz is not an integer from 1 to 2^24`);
    }
  }
  if (from === to) return samples.slice();
  const length = resampledLength(samples.length, from, to);
  if (length > MOST_SAMPLES) {
    throw new DataError(
      'dsp/too-long',
      `${name} has ${samples.length} samples at ${from} Hz, which would be ${length} at ${to} Hz, ` +
        `more than ${MOST_SAMPLES}`,
      'Check the sample rate in its header, or cut it into parts',
    );
  }
  if (lastPlan?.from !== from || lastPlan.to !== to) lastPlan = { from, to, plan: new Polyphase(from, to) };
  const { plan } = lastPlan;
  const { up, down, reach } = plan;
  const padded = new Float64Array(samples.length + 2 * reach + 2);
  padded.set(samples, reach);
  const out = new Float32Array(length);
  let first = 1;
  let phase = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = dot(padded, first, plan.row(phase));
    phase += down;
    first += Math.floor(phase / up);
    phase %= up;
  }
  return out;
}
