/** Bringing recordings and spectrograms to a common scale. */
import type { Spectrogram } from './logmel.ts';
import { sharedMemory } from './wasm-memory.ts';

/** Largest |x|; 0 for no samples. */
export function peakOf(samples: Float32Array | Float64Array): number {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]!));
  return peak;
}

/** Root of the mean square; 0 for no samples. */
export function rmsOf(samples: Float32Array | Float64Array): number {
  return samples.length === 0 ? 0 : Math.sqrt(squares(samples) / samples.length);
}

/** Σ x², in four sums: as many as a processor can keep in flight. */
function squares(x: Float32Array | Float64Array): number {
  const whole = x.length - (x.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += x[i]! * x[i]!;
    b += x[i + 1]! * x[i + 1]!;
    c += x[i + 2]! * x[i + 2]!;
    d += x[i + 3]! * x[i + 3]!;
  }
  for (let i = whole; i < x.length; i++) a += x[i]! * x[i]!;
  return a + b + (c + d);
}

function scaled(
  samples: Float32Array | Float64Array,
  level: number,
  target: number,
  out: Float32Array,
): Float32Array {
  if (!(level > 0)) return out.fill(0);
  const factor = target / level;
  if (factor < Infinity) for (let i = 0; i < out.length; i++) out[i] = samples[i]! * factor;
  // the quietest levels have no reciprocal
  else for (let i = 0; i < out.length; i++) out[i] = (samples[i]! / level) * target;
  return out;
}

/** Scales so that the largest |x| is `target`; silence stays silence. */
export function normalisePeak(
  samples: Float32Array | Float64Array,
  target = 1,
  out: Float32Array = new Float32Array(samples.length),
): Float32Array {
  return scaled(samples, peakOf(samples), target, out);
}

/** Scales so that the root mean square is `target`; silence stays silence. */
export function normaliseRms(
  samples: Float32Array | Float64Array,
  target = 0.1,
  out: Float32Array = new Float32Array(samples.length),
): Float32Array {
  return scaled(samples, rmsOf(samples), target, out);
}

/** Below this standard deviation a row counts as constant: no decibel value means anything so finely. */
const CONSTANT = 1e-6;

/** In place: each of so many rows of equal length gets mean 0 and (population) standard deviation 1. */
function standardise(data: Float32Array, rows: number): void {
  const memory = sharedMemory();
  const at = memory.above(data.byteLength)[0]!;
  const count = data.length / rows;
  const inMemory = new Float32Array(memory.buffer, at, data.length);
  inMemory.set(data);
  for (let row = 0; row < rows; row++) memory.functions.standardise(at + 4 * row * count, count, CONSTANT);
  data.set(inMemory);
}

/** In place: each mel band of this recording gets mean 0 and (population) standard deviation 1. */
export function standardiseBands({ data, bands }: Spectrogram): void {
  standardise(data, bands);
}

/** In place: the whole spectrogram gets mean 0 and (population) standard deviation 1. */
export function standardiseAll({ data }: Spectrogram): void {
  standardise(data, 1);
}
