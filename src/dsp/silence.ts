/** Removal of silent stretches: a microphone that was lifted, a recorder that padded with zeros. */
import { UsageError } from '../base/errors.ts';
import { pow } from '../base/math.ts';
import { peakOf } from './normalise.ts';

export interface SilenceSettings {
  /** A sample is silent if |x| is this far below the recording's peak, dB; at most 0. */
  thresholdDb: number;
  /**
   * Only stretches at least this long are removed, s. The pauses of a slow heart last over a second; keep it
   * longer than they are.
   */
  minSeconds: number;
}

export const SILENCE_DEFAULTS: SilenceSettings = { thresholdDb: -60, minSeconds: 2 };

/**
 * Returns the samples without their silent stretches. A recording that is silent throughout comes back
 * unchanged, since there would be nothing left.
 * @throws UsageError `dsp/silence`
 */
export function removeSilence(
  samples: Float32Array,
  sampleRate: number,
  settings = SILENCE_DEFAULTS,
): Float32Array {
  const { thresholdDb, minSeconds } = settings;
  if (!(thresholdDb <= 0))
    throw new UsageError('dsp/silence', `thresholdDb is ${thresholdDb}, not a number ≤ 0`);
  if (!(minSeconds > 0))
    throw new UsageError('dsp/silence', `minSeconds is ${minSeconds}, not a positive number`);
  const threshold = peakOf(samples) * pow(10, thresholdDb / 20);
  const shortest = Math.max(1, Math.ceil(minSeconds * sampleRate));
  const kept = new Float32Array(samples.length);
  let length = 0;
  let runStart = 0;
  for (let i = 0; i <= samples.length; i++) {
    if (i < samples.length && Math.abs(samples[i]!) <= threshold) continue;
    // samples[runStart…i−1] is a silent run, perhaps empty; i itself sounds
    if (i - runStart < shortest) {
      kept.set(samples.subarray(runStart, i), length);
      length += i - runStart;
    }
    if (i < samples.length) kept[length++] = samples[i]!;
    runStart = i + 1;
  }
  return length === 0 ? samples.slice() : kept.slice(0, length);
}
