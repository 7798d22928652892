/**
 * Log-mel spectrograms: power spectra through a mel filterbank, in decibels. Equal to librosa's
 * `power_to_db(melspectrogram(power=2.0))` within 1e-4 dB.
 */
import { UsageError } from '../base/errors.ts';
import { decibel, decibelBlock, toDecibels } from './decibel.ts';
import { type MelFilterbank, type MelNorm, type MelScale, melFilterbank } from './mel.ts';
import { type FrameSettings, PowerFrames } from './spectrogram.ts';

export interface LogMelSettings extends FrameSettings {
  /** Hz */
  sampleRate: number;
  bands: number;
  /** Hz */
  fMin: number;
  /** Hz */
  fMax: number;
  melScale: MelScale;
  melNorm: MelNorm;
  /** The power that is 0 dB: 1, another number, or the largest of the spectrogram. */
  ref: number | 'max';
  /** Smallest power; whatever is below counts as this. */
  amin: number;
  /** Values further than this below the largest are raised to it, dB; null keeps them. */
  topDb: number | null;
}

/** librosa's defaults, apart from those that depend on the kind of sound. */
export const LOG_MEL_DEFAULTS = {
  window: 'hann', center: true, padMode: 'constant', melScale: 'slaney', melNorm: 'slaney', ref: 1, amin: 1e-10, topDb: 80,
} as const satisfies Partial<LogMelSettings>; // biome-ignore format: one look

export interface Spectrogram {
  /** [bands, frames], row-major. */
  data: Float32Array;
  bands: number;
  frames: number;
}

/** A log-mel plan for one choice of settings; use it for many signals, never concurrently. */
export class LogMel {
  readonly settings: LogMelSettings;
  readonly filterbank: MelFilterbank;
  private readonly spectra: PowerFrames;

  /** @throws UsageError naming the setting that makes no sense */
  constructor(settings: LogMelSettings) {
    const { amin, topDb, ref, sampleRate, nFft, bands, fMin, fMax, melScale, melNorm } = settings;
    if (!(amin >= 1e-300 && amin < Infinity))
      throw new UsageError('dsp/logmel', `amin is ${amin}, not a positive number`);
    if (topDb !== null && !(topDb >= 0))
      throw new UsageError('dsp/logmel', `topDb is ${topDb}, neither null nor ≥ 0`);
    if (ref !== 'max' && !(ref > 0 && ref < Infinity))
      throw new UsageError('dsp/logmel', `ref is ${ref}, neither 'max' nor positive`);
    this.settings = settings;
    this.spectra = new PowerFrames(settings);
    this.filterbank = melFilterbank({ sampleRate, nFft, bands, fMin, fMax, scale: melScale, norm: melNorm });
  }

  /**
   * Log-mel of a signal at `settings.sampleRate`. Samples must be finite.
   * @throws DataError `dsp/too-short` if there is not one frame
   */
  compute(samples: Float32Array): Spectrogram {
    const { settings, spectra, filterbank } = this;
    const frames = spectra.load(samples);
    const { bands, firstBin, offset, weights } = filterbank;
    const { amin } = settings;
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
        if (a > peak) peak = a;
        if (b > peak) peak = b;
        values[2 * band] = a;
        values[2 * band + 1] = b;
      }
      toDecibels(block, 2 * bands);
      for (let band = 0, at = t; band < bands; band++, at += frames) {
        data[at] = values[2 * band]!;
        data[at + u - t] = values[2 * band + 1]!;
      }
    }
    this.finish(data, decibel(peak));
    return { data, bands, frames };
  }

  /** Refers the values to `ref` and raises those more than `topDb` below the peak. */
  private finish(data: Float32Array, peakDb: number): void {
    const { ref, amin, topDb } = this.settings;
    // the peak as it stands in the data, so that ref 'max' makes it exactly 0
    peakDb = Math.fround(peakDb);
    const refDb = ref === 'max' ? peakDb : decibel(Math.max(amin, ref));
    const floor = topDb === null ? -Infinity : peakDb - refDb - topDb;
    for (let i = 0; i < data.length; i++) {
      const db = data[i]! - refDb;
      data[i] = Math.max(db, floor);
    }
  }
}

/** One-off `new LogMel(settings).compute(samples)`. */
export function logMel(samples: Float32Array, settings: LogMelSettings): Spectrogram {
  return new LogMel(settings).compute(samples);
}
