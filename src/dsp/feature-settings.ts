/** How recordings become features: plain JSON, stored with every model so that it can be used alone. */
import { UsageError } from '../base/errors.ts';
import { butterworthBandPass } from './filter.ts';
import type { LogMelSettings } from './logmel.ts';
import { LOG_MEL_DEFAULTS, LogMel } from './logmel.ts';
import type { SilenceSettings } from './silence.ts';

export interface BandPassSettings {
  /** Butterworth order; the filter has twice as many poles and runs forward and backward. */
  order: number;
  /** Hz */
  low: number;
  /** Hz */
  high: number;
}

/** The mean of all channels of a recording, or one of them, counted from 1. */
export type ChannelChoice = 'mix' | number;

export interface FeatureSettings {
  /** What is heard of a recording with several channels; default `mix`. Readers see to it: features are of mono. */
  channel?: ChannelChoice;
  /** Rate that everything is resampled to, Hz. */
  sampleRate: number;
  removeSpikes: boolean;
  /** null keeps silence. */
  removeSilence: SilenceSettings | null;
  /** null: no filter. */
  bandPass: BandPassSettings | null;
  /** What the filtered signal is scaled by: its largest value, its root mean square, or nothing. */
  normalise: 'peak' | 'rms' | 'none';
  /** The spectrogram; its `sampleRate` is the one above. */
  logMel: Omit<LogMelSettings, 'sampleRate'>;
  /** Mean 0 and deviation 1 of each mel band of a recording, of the whole recording, or not. */
  standardise: 'band' | 'recording' | 'none';
}

/**
 * Defaults for heart sounds: 128-ms windows every 25 ms, 64 mel bands over 20–900 Hz. Standardised per band and
 * recording, since a recording's overall colour tells more about its stethoscope than about the heart.
 */
export const defaultFeatureSettings: FeatureSettings = {
  sampleRate: 2000,
  removeSpikes: true,
  removeSilence: null,
  bandPass: { order: 2, low: 20, high: 900 },
  normalise: 'rms',
  logMel: { ...LOG_MEL_DEFAULTS, nFft: 256, winLength: 256, hopLength: 50, bands: 64, fMin: 20, fMax: 900 },
  standardise: 'band',
};

type Check = (value: unknown) => boolean;

const isInteger: Check = (v) => Number.isInteger(v) && (v as number) >= 1;
const isNumber: Check = (v) => typeof v === 'number' && Number.isFinite(v);
const isBoolean: Check = (v) => typeof v === 'boolean';
const oneOf =
  (...words: unknown[]): Check =>
  (v) =>
    words.includes(v);
const either =
  (...checks: Check[]): Check =>
  (v) =>
    checks.some((check) => check(v));

type Rules = { [field: string]: [check: Check, wanted: string] };

const TOP: Rules = {
  sampleRate: [isInteger, 'a positive integer (Hz)'],
  removeSpikes: [isBoolean, 'true or false'],
  removeSilence: [(v) => typeof v === 'object', 'null or { thresholdDb, minSeconds }'],
  bandPass: [(v) => typeof v === 'object', 'null or { order, low, high }'],
  normalise: [oneOf('peak', 'rms', 'none'), "'peak', 'rms' or 'none'"],
  logMel: [(v) => typeof v === 'object' && v !== null, 'an object'],
  standardise: [oneOf('band', 'recording', 'none'), "'band', 'recording' or 'none'"],
  channel: [either(oneOf(undefined, 'mix'), isInteger), "'mix' or the number of a channel, from 1"],
};

const SILENCE: Rules = {
  thresholdDb: [(v) => isNumber(v) && (v as number) <= 0, 'a number ≤ 0 (dB)'],
  minSeconds: [(v) => isNumber(v) && (v as number) > 0, 'a positive number (s)'],
};

const BAND_PASS: Rules = {
  order: [isInteger, 'a positive integer'],
  low: [isNumber, 'a number (Hz)'],
  high: [isNumber, 'a number (Hz)'],
};

const LOG_MEL: Rules = {
  nFft: [(v) => isInteger(v) && (v as number) >= 2 && (v as number) <= 1048576, 'an integer from 2 to 2^20'],
  hopLength: [isInteger, 'a positive integer (samples)'],
  winLength: [isInteger, 'a positive integer (samples)'],
  window: [oneOf('hann', 'hamming', 'rectangular'), "'hann', 'hamming' or 'rectangular'"],
  center: [isBoolean, 'true or false'],
  padMode: [oneOf('constant', 'reflect'), "'constant' or 'reflect'"],
  bands: [isInteger, 'a positive integer'],
  fMin: [isNumber, 'a number (Hz)'],
  fMax: [isNumber, 'a number (Hz)'],
  melScale: [oneOf('slaney', 'htk'), "'slaney' or 'htk'"],
  melNorm: [oneOf('slaney', 'none'), "'slaney' or 'none'"],
  ref: [either(isNumber, oneOf('max')), "a positive number or 'max'"],
  amin: [isNumber, 'a positive number'],
  topDb: [either(isNumber, oneOf(null)), 'a number ≥ 0 (dB) or null'],
};

function checkFields(value: object, rules: Rules, prefix: string): void {
  const fields = value as Record<string, unknown>;
  for (const [field, [check, wanted]] of Object.entries(rules)) {
    if (check(fields[field])) continue;
    const found = JSON.stringify(fields[field]) ?? 'missing';
    throw new UsageError(
      'dsp/settings',
      `feature setting ${prefix}${field} is ${found}, it must be ${wanted}`,
    );
  }
  for (const field of Object.keys(fields)) {
    if (Object.hasOwn(rules, field)) continue;
    const known = Object.keys(rules).join(', ');
    throw new UsageError('dsp/settings', `unknown feature setting ${prefix}${field}`, `Known here: ${known}`);
  }
}

/**
 * Checks settings from outside (a file, an option) and returns them typed: each field alone, and whether they
 * fit together (filter edges, mel range, empty mel filters).
 * @throws UsageError naming the field: `dsp/settings`, `dsp/band`, `dsp/mel`, `dsp/empty-mel-filter`, …
 */
export function validateFeatureSettings(value: unknown): FeatureSettings {
  if (typeof value !== 'object' || value === null) {
    throw new UsageError('dsp/settings', `feature settings must be an object, not ${JSON.stringify(value)}`);
  }
  checkFields(value, TOP, '');
  const settings = value as FeatureSettings;
  if (settings.removeSilence) checkFields(settings.removeSilence, SILENCE, 'removeSilence.');
  if (settings.bandPass) checkFields(settings.bandPass, BAND_PASS, 'bandPass.');
  checkFields(settings.logMel, LOG_MEL, 'logMel.');
  const { bandPass, sampleRate } = settings;
  if (bandPass) butterworthBandPass(bandPass.order, bandPass.low, bandPass.high, sampleRate);
  new LogMel({ ...settings.logMel, sampleRate });
  return settings;
}
