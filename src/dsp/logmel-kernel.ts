import { decibelBlock, toDecibels } from './decibel.ts';
import type { LogMelSettings, Spectrogram } from './logmel.ts';
import type { MelFilterbank } from './mel.ts';
import { PowerFrames } from './spectrogram.ts';

/** What the values of a spectrogram are brought to once its peak is known, dB. */
export interface Limits {
  /** Subtracted from every value. */
  ref: number;
  /** Least value after that. */
  floor: number;
}

/** The part of a log-mel plan that does the arithmetic. */
export interface LogMelKernel {
  /** Log-mel of a signal that has at least one frame; `limits` is asked once, with the peak in dB. */
  compute(samples: Float32Array, frames: number, limits: (peak: number) => Limits): Spectrogram;
}

/** The powers that float32 holds in full; what is beyond counts as them. */
const SMALLEST = 1.1754943508222875e-38;
const GREATEST = 3.4028234663852886e38;

/** What the sum of a band is raised to. */
export function leastPower({ amin }: LogMelSettings): number {
  return Math.fround(Math.max(amin, SMALLEST));
}

/**
 * For any length of transform, and the specification of `SimdKernel`. Transforms are in float64: of two components 80 dB
 * apart, float32 would leave four digits to the weaker one. Once squared, nothing cancels any more, and float32 is enough.
 */
export class PlainKernel implements LogMelKernel {
  private readonly spectra: PowerFrames;
  private readonly filterbank: MelFilterbank;
  private readonly weights: Float32Array;
  private readonly least: number;

  constructor(settings: LogMelSettings, filterbank: MelFilterbank) {
    this.spectra = new PowerFrames(settings);
    this.filterbank = filterbank;
    this.weights = Float32Array.from(filterbank.weights);
    this.least = leastPower(settings);
  }

  compute(samples: Float32Array, frames: number, limits: (peak: number) => Limits): Spectrogram {
    const { spectra, weights, least } = this;
    const { bands, firstBin, offset } = this.filterbank;
    spectra.load(samples);
    const power = new Float32Array(spectra.power.length);
    const data = new Float32Array(bands * frames);
    const block = decibelBlock(2 * bands);
    const { values } = block;
    let peak = -Infinity;
    for (let t = 0; t < frames; t += 2) {
      const u = Math.min(t + 1, frames - 1);
      spectra.pair(t, u);
      power.set(spectra.power);
      for (let band = 0; band < bands; band++) {
        let a = 0;
        let b = 0;
        let p = 2 * firstBin[band]!;
        const end = offset[band + 1]!;
        for (let i = offset[band]!; i < end; i++, p += 2) {
          const w = weights[i]!;
          a = Math.fround(a + Math.fround(w * power[p]!));
          b = Math.fround(b + Math.fround(w * power[p + 1]!));
        }
        values[2 * band] = Math.min(GREATEST, Math.max(a, least));
        values[2 * band + 1] = Math.min(GREATEST, Math.max(b, least));
      }
      toDecibels(block);
      for (let band = 0, at = t; band < bands; band++, at += frames) {
        data[at] = values[2 * band]!;
        data[at + u - t] = values[2 * band + 1]!;
        peak = Math.max(peak, values[2 * band]!, values[2 * band + 1]!);
      }
    }
    const { ref, floor } = limits(peak);
    for (let i = 0; i < data.length; i++) data[i] = Math.max(Math.fround(data[i]! - ref), floor);
    return { data, bands, frames };
  }
}
