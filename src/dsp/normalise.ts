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
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]! * samples[i]!;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

function scaled(samples: Float32Array | Float64Array, level: number, target: number): Float32Array {
  const out = new Float32Array(samples.length);
  if (!(level > 0)) return out;
  for (let i = 0; i < out.length; i++) out[i] = (samples[i]! / level) * target;
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

/** Subtracts the mean of data[start…end−1] and divides by its standard deviation; a constant becomes 0. */
function standardiseRange(data: Float32Array, start: number, end: number): void {
  const n = end - start;
  let sum = 0;
  for (let i = start; i < end; i++) sum += data[i]!;
  const mean = sum / n;
  let squares = 0;
  for (let i = start; i < end; i++) {
    const d = data[i]! - mean;
    squares += d * d;
  }
  const deviation = Math.sqrt(squares / n);
  const factor = deviation > CONSTANT ? 1 / deviation : 0;
  for (let i = start; i < end; i++) data[i] = (data[i]! - mean) * factor;
}

/** In place: each mel band of this recording gets mean 0 and (population) standard deviation 1. */
export function standardiseBands(spectrogram: Spectrogram): void {
  const { data, bands, frames } = spectrogram;
  for (let band = 0; band < bands; band++) standardiseRange(data, band * frames, (band + 1) * frames);
}

/** In place: the whole spectrogram gets mean 0 and (population) standard deviation 1. */
export function standardiseAll(spectrogram: Spectrogram): void {
  standardiseRange(spectrogram.data, 0, spectrogram.data.length);
}
