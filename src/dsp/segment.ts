/** Cutting signals and spectrograms into frames and windows. */
import { DataError, UsageError } from '../base/errors.ts';

/**
 * What to do with the stretch at the end that no whole window covers: `shift` adds one more window that ends
 * at the end and overlaps its neighbour more than the others; `drop` leaves it out; `pad` adds a window that
 * reaches beyond the end (whoever reads it fills in zeros).
 */
export type LastWindow = 'shift' | 'drop' | 'pad';

export interface WindowSettings {
  /** Length of a window, s. */
  seconds: number;
  /** From the start of one window to that of the next, s; below `seconds` they overlap. */
  hopSeconds: number;
  /** Default `shift`. */
  last?: LastWindow;
}

/** Windows as positions, all of the same length; the unit is that of the `length` they were planned for. */
export interface Windows {
  length: number;
  starts: number[];
}

/**
 * Plans windows over `length` items (samples or frames) of which `perSecond` make a second.
 * @param name what errors call the recording
 * @throws DataError `dsp/too-short` for a recording shorter than one window, unless `last` is `pad`
 * @throws UsageError `dsp/windows`
 */
export function planWindows(
  length: number,
  perSecond: number,
  settings: WindowSettings,
  name = 'recording',
): Windows {
  const { seconds, hopSeconds, last = 'shift' } = settings;
  const size = Math.round(seconds * perSecond);
  const hop = Math.round(hopSeconds * perSecond);
  if (!(size >= 1 && hop >= 1 && size < Infinity && hop < Infinity)) {
    throw new UsageError(
      'dsp/windows',
      `windows of ${seconds} s every ${hopSeconds} s are not at least one step long`,
    );
  }
  if (length < size && (last !== 'pad' || length === 0)) {
    throw new DataError(
      'dsp/too-short',
      `${name} is ${(length / perSecond).toFixed(2)} s long, shorter than one window of ${seconds} s`,
      'Leave it out, or use shorter windows',
    );
  }
  const starts: number[] = [];
  for (let start = 0; start + size <= length; start += hop) starts.push(start);
  const covered = starts.length === 0 ? 0 : starts.at(-1)! + size;
  if (covered < length && last === 'shift') starts.push(length - size);
  if (covered < length && last === 'pad') starts.push(starts.length * hop);
  return { length: size, starts };
}

/** Copies of the windows, [count, length] row-major; what reaches beyond the end is 0. */
export function cutWindows(samples: Float32Array, windows: Windows): Float32Array {
  const { length, starts } = windows;
  const out = new Float32Array(starts.length * length);
  for (let w = 0; w < starts.length; w++) {
    const start = starts[w]!;
    out.set(samples.subarray(start, Math.min(samples.length, start + length)), w * length);
  }
  return out;
}

/**
 * Frames of `length` samples every `hop` samples, as many as fit whole: [frames, length] row-major.
 * @throws UsageError `dsp/frames`; DataError `dsp/too-short` if there is not one
 */
export function frameSignal(
  samples: Float32Array,
  length: number,
  hop: number,
): { data: Float32Array; frames: number } {
  if (!(Number.isInteger(length) && length >= 1 && Number.isInteger(hop) && hop >= 1)) {
    throw new UsageError(
      'dsp/frames',
      `frames of ${length} samples every ${hop}: both must be positive integers`,
    );
  }
  const frames = Math.floor((samples.length - length) / hop) + 1;
  if (frames < 1) {
    throw new DataError('dsp/too-short', `${samples.length} samples are too few for one frame of ${length}`);
  }
  const data = new Float32Array(frames * length);
  for (let t = 0; t < frames; t++) data.set(samples.subarray(t * hop, t * hop + length), t * length);
  return { data, frames };
}
