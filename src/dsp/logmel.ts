/**
 * Log-mel spectrograms: power spectra through a mel filterbank, in decibels. Equal to librosa's
 * `power_to_db(melspectrogram(power=2.0))` within 1e-4 dB.
 */
import { UsageError } from '../base/errors.ts';
import { decibel } from './decibel.ts';
import { type LogMelKernel, PlainKernel } from './logmel-kernel.ts';
import { SimdKernel } from './logmel-simd.ts';
import { type MelFilterbank, type MelNorm, type MelScale, melFilterbank } from './mel.ts';
import { checkFrameSettings, type FrameSettings, requireFrames } from './spectrogram.ts';

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
  private readonly kernel: LogMelKernel;

  /** @throws UsageError naming the setting that makes no sense */
  constructor(settings: LogMelSettings) {
    const { amin, topDb, ref, sampleRate, nFft, bands, fMin, fMax, melScale, melNorm } = settings;
    if (!(amin >= 1e-300 && amin < Infinity)) {
      throw new UsageError('dsp/logmel', `amin is ${amin}, not a positive number`);
    }
    if (topDb !== null && !(topDb >= 0)) {
      throw new UsageError('dsp/logmel', `topDb is ${topDb}, neither null nor ≥ 0`);
    }
    if (ref !== 'max' && !(ref > 0 && ref < Infinity)) {
      throw new UsageError('dsp/logmel', `ref is ${ref}, neither 'max' nor positive`);
    }
    checkFrameSettings(settings);
    this.settings = settings;
    this.filterbank = melFilterbank({ sampleRate, nFft, bands, fMin, fMax, scale: melScale, norm: melNorm });
    const Kernel = SimdKernel.supports(nFft) ? SimdKernel : PlainKernel;
    this.kernel = new Kernel(settings, this.filterbank);
  }

  /**
   * Log-mel of a signal at `settings.sampleRate`. Samples must be finite.
   * @throws DataError `dsp/too-short` if there is not one frame
   */
  compute(samples: Float32Array): Spectrogram {
    const { ref, amin, topDb } = this.settings;
    const frames = requireFrames(samples.length, this.settings);
    return this.kernel.compute(samples, frames, (peak) => {
      // in float32 like the data, so that ref 'max' makes the peak exactly 0
      const top = Math.fround(peak);
      const zero = ref === 'max' ? top : Math.fround(decibel(Math.max(amin, ref)));
      return { ref: zero, floor: topDb === null ? -Infinity : Math.fround(top - zero - topDb) };
    });
  }
}

/** One-off `new LogMel(settings).compute(samples)`. */
export function logMel(samples: Float32Array, settings: LogMelSettings): Spectrogram {
  return new LogMel(settings).compute(samples);
}
