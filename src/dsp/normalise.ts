/** Bringing recordings and spectrograms to a common scale. */
import type { Spectrogram } from './logmel.ts';

/** Largest |x|; 0 for no samples. */
export function peakOf(samples: Float32Array | Float64Array): number {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]!));
  return peak;
}

/** Root of the mean square; 0 for no samples. */
export function rmsOf(samples: Float32Array | Float64Array): number {
  return samples.length === 0 ? 0 : Math.sqrt(squares(samples, 0) / samples.length);
}

/** Σ (x − mean)², in four sums: as many as a processor can keep in flight. */
function squares(x: Float32Array | Float64Array, mean: number): number {
  const whole = x.length - (x.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    const p = x[i]! - mean;
    const q = x[i + 1]! - mean;
    const r = x[i + 2]! - mean;
    const s = x[i + 3]! - mean;
    a += p * p;
    b += q * q;
    c += r * r;
    d += s * s;
  }
  for (let i = whole; i < x.length; i++) a += (x[i]! - mean) * (x[i]! - mean);
  return a + b + (c + d);
}

/** Σ x, in four sums. */
function total(x: Float32Array): number {
  const whole = x.length - (x.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += x[i]!;
    b += x[i + 1]!;
    c += x[i + 2]!;
    d += x[i + 3]!;
  }
  for (let i = whole; i < x.length; i++) a += x[i]!;
  return a + b + (c + d);
}

function scaled(samples: Float32Array | Float64Array, level: number, target: number): Float32Array {
  const out = new Float32Array(samples.length);
  if (!(level > 0)) return out;
  const factor = target / level;
  if (factor < Infinity) for (let i = 0; i < out.length; i++) out[i] = samples[i]! * factor;
  // the quietest levels have no reciprocal
  else for (let i = 0; i < out.length; i++) out[i] = (samples[i]! / level) * target;
  return out;
}

/** Scales so that the largest |x| is `target`; silence stays silence. */
export function normalisePeak(samples: Float32Array | Float64Array, target = 1): Float32Array {
  return scaled(samples, peakOf(samples), target);
}

/** Scales so that the root mean square is `target`; silence stays silence. */
export function normaliseRms(samples: Float32Array | Float64Array, target = 0.1): Float32Array {
  return scaled(samples, rmsOf(samples), target);
}

/** Below this standard deviation a row counts as constant: no decibel value means anything so finely. */
const CONSTANT = 1e-6;

/** In place: mean 0 and standard deviation 1; a constant becomes 0. */
function standardise(row: Float32Array): void {
  const mean = total(row) / row.length;
  const deviation = Math.sqrt(squares(row, mean) / row.length);
  const factor = deviation > CONSTANT ? 1 / deviation : 0;
  for (let i = 0; i < row.length; i++) row[i] = (row[i]! - mean) * factor;
}

/** In place: each mel band of this recording gets mean 0 and (population) standard deviation 1. */
export function standardiseBands(spectrogram: Spectrogram): void {
  const { data, bands, frames } = spectrogram;
  for (let band = 0; band < bands; band++) standardise(data.subarray(band * frames, (band + 1) * frames));
}

/** In place: the whole spectrogram gets mean 0 and (population) standard deviation 1. */
export function standardiseAll(spectrogram: Spectrogram): void {
  standardise(spectrogram.data);
}
