/** From the samples of one recording to the features that models see. */
import { DataError } from '../base/errors.ts';
import { type FeatureSettings, validateFeatureSettings } from './feature-settings.ts';
import { butterworthBandPass, type Section, zeroPhasePadding, zeroPhaseView } from './filter.ts';
import { LogMel } from './logmel.ts';
import { normalisePeak, normaliseRms, standardiseAll, standardiseBands } from './normalise.ts';
import { resample } from './resample.ts';
import { removeSilence } from './silence.ts';
import { frameCount } from './spectrogram.ts';
import { removeSpikes } from './spikes.ts';

export interface Features {
  /** [bands, frames], row-major. */
  data: Float32Array;
  bands: number;
  frames: number;
  secondsPerFrame: number;
}

/** Samples for which room is kept between recordings: half an hour at 2 kHz. */
const MOST_KEPT = 1 << 22;

/** Plans for one choice of settings; use it for many recordings, never concurrently. */
export class FeatureExtractor {
  readonly settings: FeatureSettings;
  private readonly logMel: LogMel;
  private readonly sections: Section[] | null;
  private scratch = new Float32Array(0);

  /** @throws UsageError `dsp/settings` and others, naming the setting that makes no sense */
  constructor(settings: FeatureSettings) {
    validateFeatureSettings(settings);
    const { sampleRate, bandPass, logMel } = settings;
    this.settings = settings;
    this.sections = bandPass && butterworthBandPass(bandPass.order, bandPass.low, bandPass.high, sampleRate);
    this.logMel = new LogMel({ ...logMel, sampleRate });
  }

  /**
   * Resample, remove spikes and silence, band-pass, normalise, log-mel, standardise; each as the settings say.
   * A pure function of its inputs: the same bits on every machine. A constant or silent recording, or band,
   * gives zeros once standardised.
   * @param samples mono, any scale
   * @param sampleRate Hz, a positive integer
   * @param name what errors call the recording
   * @throws DataError `dsp/not-finite`, `dsp/too-short`, `dsp/too-long`
   */
  extract(samples: Float32Array, sampleRate: number, name = 'recording'): Features {
    const { settings } = this;
    const spectrogram = this.logMel.compute(this.prepared(samples, sampleRate, name, this.room));
    if (settings.standardise === 'band') standardiseBands(spectrogram);
    else if (settings.standardise === 'recording') standardiseAll(spectrogram);
    return { ...spectrogram, secondsPerFrame: settings.logMel.hopLength / settings.sampleRate };
  }

  /** What `extract` does before it makes spectra: resample, remove spikes and silence, band-pass, normalise. */
  prepare(samples: Float32Array, sampleRate: number, name = 'recording'): Float32Array {
    return this.prepared(samples, sampleRate, name, (length) => new Float32Array(length));
  }

  private prepared(
    samples: Float32Array,
    sampleRate: number,
    name: string,
    room: (length: number) => Float32Array,
  ): Float32Array {
    const { settings } = this;
    checkFinite(samples, name);
    const rate = settings.sampleRate;
    let x = sampleRate === rate ? samples : resample(samples, sampleRate, rate, name);
    if (settings.removeSpikes) x = removeSpikes(x, settings.sampleRate);
    if (settings.removeSilence) x = removeSilence(x, settings.sampleRate, settings.removeSilence);
    this.checkLength(x.length, name);
    const filtered = this.sections ? zeroPhaseView(this.sections, x) : x;
    const out = room(filtered.length);
    const level = settings.normalise;
    if (level === 'peak') return normalisePeak(filtered, 1, out);
    if (level === 'rms') return normaliseRms(filtered, 0.1, out);
    out.set(filtered);
    return out;
  }

  /** Room for so many samples, used again: fresh memory costs more than writing into it. */
  private readonly room = (length: number): Float32Array => {
    if (this.scratch.length < length || this.scratch.length > MOST_KEPT)
      this.scratch = new Float32Array(length);
    return this.scratch.subarray(0, length);
  };

  private checkLength(length: number, name: string): void {
    const { logMel, sampleRate } = this.settings;
    const padding = this.sections ? zeroPhasePadding(this.sections) : 0;
    if (length > padding && frameCount(length, logMel) >= 1) return;
    const needed = Math.max(padding + 1, logMel.center ? 1 : logMel.nFft);
    throw new DataError(
      'dsp/too-short',
      `${name} is ${(length / sampleRate).toFixed(3)} s long (${length} samples at ${sampleRate} Hz), too short: ` +
        `at least ${(needed / sampleRate).toFixed(3)} s are needed`,
      'Leave it out',
    );
  }
}

/** Index of the first sample that is NaN or infinite; −1 if all are finite. */
export function findNotFinite(samples: Float32Array): number {
  if (allFinite(samples)) return -1;
  // NaN fails this comparison too
  for (let i = 0; i < samples.length; i++) if (!(Math.abs(samples[i]!) <= 3.5e38)) return i;
  return -1;
}

/** Of finite numbers each is nought times the number; of others it is NaN, and stays in the sum. */
function allFinite(samples: Float32Array): boolean {
  const n = samples.length;
  let a = 0;
  let b = 0;
  for (let i = n % 2; i < n; i += 2) {
    a += 0 * samples[i]!;
    b += 0 * samples[i + 1]!;
  }
  return a + b + (n % 2 === 1 ? 0 * samples[0]! : 0) === 0;
}

function checkFinite(samples: Float32Array, name: string): void {
  const i = findNotFinite(samples);
  if (i < 0) return;
  const what = `${name}: sample ${i} of ${samples.length} is ${samples[i]}`;
  throw new DataError('dsp/not-finite', what, 'Repair or leave it out');
}

let last: FeatureExtractor | undefined;

/** `new FeatureExtractor(settings).extract(samples, sampleRate)`, keeping the plans for the next call. */
export function extractFeatures(
  samples: Float32Array,
  sampleRate: number,
  settings: FeatureSettings,
  name?: string,
): Features {
  if (last?.settings !== settings) last = new FeatureExtractor(settings);
  return last.extract(samples, sampleRate, name);
}
