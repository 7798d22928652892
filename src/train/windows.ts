/** Feature windows: what one input of a model is cut from a recording. */
import { planWindows } from '../dsp/index.ts';

/** Features of one recording, [bands, frames] row by row. */
export interface FeatureMap {
  readonly data: Float32Array;
  readonly bands: number;
  readonly frames: number;
}

/**
 * Starts of windows of `length` frames every `step` frames, the last one moved so that it ends with the
 * recording; a recording shorter than a window has one.
 */
export function windowStarts(frames: number, length: number, step: number): readonly number[] {
  if (frames <= length) return [0];
  return planWindows(frames, 1, { seconds: length, hopSeconds: step }).starts;
}

/** Copies a window into `out`, repeating the recording from its beginning where it ends too early. */
export function copyWindow(
  features: FeatureMap,
  start: number,
  length: number,
  out: Float32Array,
  at: number,
): void {
  const { data, bands, frames } = features;
  for (let band = 0; band < bands; band++) {
    const row = band * frames;
    const to = at + band * length;
    if (start + length <= frames) {
      out.set(data.subarray(row + start, row + start + length), to);
    } else {
      for (let i = 0; i < length; i++) out[to + i] = data[row + ((start + i) % frames)]!;
    }
  }
}
