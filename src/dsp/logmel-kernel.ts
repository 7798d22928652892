import { decibel, decibelBlock, toDecibels } from './decibel.ts';
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

/** For any length of transform, and the specification of `SimdKernel`. */
export class PlainKernel implements LogMelKernel {
  private readonly spectra: PowerFrames;
  private readonly filterbank: MelFilterbank;
  private readonly amin: number;

  constructor(settings: LogMelSettings, filterbank: MelFilterbank) {
    this.spectra = new PowerFrames(settings);
    this.filterbank = filterbank;
    this.amin = settings.amin;
  }

  compute(samples: Float32Array, frames: number, limits: (peak: number) => Limits): Spectrogram {
    const { spectra, amin } = this;
    const { bands, firstBin, offset, weights } = this.filterbank;
    spectra.load(samples);
    const { power } = spectra;
    const data = new Float32Array(bands * frames);
    const block = decibelBlock(2 * bands);
    const values = block.values;
    let peak = amin;
    for (let t = 0; t < frames; t += 2) {
      const u = Math.min(t + 1, frames - 1);
      spectra.pair(t, u);
      for (let band = 0; band < bands; band++) {
        let a = 0;
        let b = 0;
        let p = 2 * firstBin[band]!;
        const end = offset[band + 1]!;
        for (let i = offset[band]!; i < end; i++, p += 2) {
          const w = weights[i]!;
          a += w * power[p]!;
          b += w * power[p + 1]!;
        }
        a = Math.max(a, amin);
        b = Math.max(b, amin);
        peak = Math.max(peak, a, b);
        values[2 * band] = a;
        values[2 * band + 1] = b;
      }
      toDecibels(block, 2 * bands);
      for (let band = 0, at = t; band < bands; band++, at += frames) {
        data[at] = values[2 * band]!;
        data[at + u - t] = values[2 * band + 1]!;
      }
    }
    const { ref, floor } = limits(decibel(peak));
    for (let i = 0; i < data.length; i++) data[i] = Math.max(data[i]! - ref, floor);
    return { data, bands, frames };
  }
}
