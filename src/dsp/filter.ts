/**
 * Zero-phase Butterworth band-pass. Design: analogue prototype, low-pass to band-pass, bilinear transform with
 * prewarped edges (A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 3rd ed., §7.3), kept
 * as second-order sections. Filtering: forward and backward with odd padding and steady-state start
 * (F. Gustafsson, "Determining the initial states in forward-backward filtering", IEEE Trans. SP 44, 1996),
 * as SciPy's `sosfiltfilt(butter(order, [low, high], 'bandpass', output='sos'), x)`.
 */
import { DataError, UsageError } from '../base/errors.ts';
import { cos, log, sin } from '../base/math.ts';
import { sharedMemory } from './wasm-memory.ts';

/** H(z) = (b0 + b1/z + b2/z²) / (1 + a1/z + a2/z²). */
export interface Section {
  b0: number;
  b1: number;
  b2: number;
  a1: number;
  a2: number;
}

interface Complex {
  re: number;
  im: number;
}

const product = (a: Complex, b: Complex): Complex => ({
  re: a.re * b.re - a.im * b.im,
  im: a.re * b.im + a.im * b.re,
});

const quotient = (a: Complex, b: Complex): Complex => {
  const size = b.re * b.re + b.im * b.im;
  return { re: (a.re * b.re + a.im * b.im) / size, im: (a.im * b.re - a.re * b.im) / size };
};

const absolute = (a: Complex): number => Math.sqrt(a.re * a.re + a.im * a.im);

/** Principal square root. */
function squareRoot(a: Complex): Complex {
  const size = absolute(a);
  const re = Math.sqrt((size + Math.abs(a.re)) / 2);
  const im = re === 0 ? 0 : Math.abs(a.im) / (2 * re);
  const sign = a.im < 0 ? -1 : 1;
  return a.re >= 0 ? { re, im: sign * im } : { re: im, im: sign * re };
}

/** Bilinear transform z = (2 + s)/(2 − s), for a sample rate of 1. */
const bilinear = (s: Complex): Complex => quotient({ re: 2 + s.re, im: s.im }, { re: 2 - s.re, im: -s.im });

/** The section with these two poles, zeros at 1 and −1, and |H| = 1 at the point z0 on the unit circle. */
function bandSection(p: Complex, q: Complex, z0: Complex): Section {
  const a1 = -(p.re + q.re);
  const a2 = p.re * q.re - p.im * q.im;
  const z2 = product(z0, z0);
  const numerator = absolute({ re: z2.re - 1, im: z2.im });
  const denominator = absolute({ re: z2.re + a1 * z0.re + a2, im: z2.im + a1 * z0.im });
  const gain = denominator / numerator;
  return { b0: gain, b1: 0, b2: -gain, a1, a2 };
}

/**
 * A Butterworth band-pass of 2·order poles, −3 dB at `low` and `high` Hz, unit gain between.
 * @throws UsageError `dsp/band` unless 0 < low < high < sampleRate/2 and order is 1…12
 */
export function butterworthBandPass(order: number, low: number, high: number, sampleRate: number): Section[] {
  if (!(Number.isInteger(order) && order >= 1 && order <= 12)) {
    throw new UsageError('dsp/band', `band-pass order ${order} is not an integer from 1 to 12`);
  }
  if (!(low > 0 && low < high && high < sampleRate / 2)) {
    const what = `band-pass from ${low} to ${high} Hz at ${sampleRate} Hz: the edges must satisfy 0 < low < high < ${sampleRate / 2}`;
    throw new UsageError('dsp/band', what);
  }
  const warp = (hz: number) => {
    const angle = (Math.PI * hz) / sampleRate;
    return (2 * sin(angle)) / cos(angle);
  };
  const width = warp(high) - warp(low);
  const centreSquared = warp(high) * warp(low);
  const z0 = bilinear({ re: 0, im: Math.sqrt(centreSquared) });
  const sections: Section[] = [];
  // prototype poles −e^(iπ(2m+1−order)/(2·order)), those with im ≥ 0; the others are their conjugates
  for (let m = 0; 2 * m + 1 <= order; m++) {
    const angle = (Math.PI * (order - 1 - 2 * m)) / (2 * order);
    const real = 2 * m + 1 === order;
    const half = { re: (-cos(angle) * width) / 2, im: real ? 0 : (sin(angle) * width) / 2 };
    const square = product(half, half);
    const root = squareRoot({ re: square.re - centreSquared, im: square.im });
    const p = bilinear({ re: half.re + root.re, im: half.im + root.im });
    const q = bilinear({ re: half.re - root.re, im: half.im - root.im });
    if (real) {
      sections.push(bandSection(p, q, z0));
    } else {
      sections.push(bandSection(p, { re: p.re, im: -p.im }, z0), bandSection(q, { re: q.re, im: -q.im }, z0));
    }
  }
  return sections;
}

/** What a section gives after a constant input for ever. */
function steadyState({ b0, b1, b2, a1, a2 }: Section, input: number): number {
  return ((b0 + b1 + b2) / (1 + a1 + a2)) * input;
}

/** Samples after which a section has forgotten its state to 2^-60: its slower pole, to that power. */
function memoryOf({ a1, a2 }: Section): number {
  const square = a1 * a1 - 4 * a2;
  const radius = square < 0 ? Math.sqrt(a2) : (Math.abs(a1) + Math.sqrt(square)) / 2;
  return radius < 1 ? Math.ceil((60 * Math.LN2) / -log(Math.max(radius, 0.01))) : Infinity;
}

/** Number of samples by which `filterZeroPhase` extends each end; a signal must be longer. */
export function zeroPhasePadding(sections: readonly Section[]): number {
  return 3 * (2 * sections.length + 1);
}

/**
 * Runs the sections forward and backward, so that the phase is zero and the gain |H|². Both ends are first
 * extended by the signal turned by 180° about its end point.
 * @throws DataError `dsp/too-short` for a signal not longer than the padding
 */
export function filterZeroPhase(sections: readonly Section[], x: Float32Array | Float64Array): Float64Array {
  return zeroPhaseView(sections, x).slice();
}

/** `filterZeroPhase` in memory that the next call of anything in this folder may use. */
export function zeroPhaseView(sections: readonly Section[], x: Float32Array | Float64Array): Float64Array {
  const pad = zeroPhasePadding(sections);
  const n = x.length;
  if (n <= pad) {
    throw new DataError('dsp/too-short', `${n} samples are too few to filter: more than ${pad} are needed`);
  }
  const length = n + 2 * pad;
  const memory = sharedMemory();
  const { functions } = memory;
  const [numbers, signal] = memory.above(72, 8 * length) as [number, number];
  const [section, state] = [numbers, numbers + 40];
  const inMemory = new Float64Array(memory.buffer, numbers, 9);
  const y = new Float64Array(memory.buffer, signal, length);
  y.set(x, pad);
  for (let i = 1; i <= pad; i++) {
    y[pad - i] = 2 * x[0]! - x[i]!;
    y[pad + n - 1 + i] = 2 * x[n - 1]! - x[n - 1 - i]!;
  }
  for (const [from, step] of [
    [0, 8],
    [length - 1, -8],
  ] as const) {
    // every section begins as after a constant input, as the first sample is, for ever
    let level = y[from]!;
    for (const each of sections) {
      const output = steadyState(each, level);
      inMemory.set([each.b0, each.b1, each.b2, each.a1, each.a2, level, level, output, output]);
      const warm = Math.min(memoryOf(each), length);
      functions.filterSection(signal + 8 * from, length, step, section, state, warm);
      level = output;
    }
  }
  return y.subarray(pad, pad + n);
}
