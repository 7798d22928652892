import { type AugmentSettings, augmentWindow, mixup, mixupDraws, windowDraws } from './augment.ts';
import { copyWindow, type FeatureMap } from './windows.ts';

/** A recording ready to be trained on or judged. */
export interface Example extends FeatureMap {
  readonly id: string;
  readonly label: number;
  readonly site: string;
  readonly group: string;
}

export interface Batch {
  /** [size, 1, bands, frames]. */
  readonly windows: Float32Array;
  /** [size, classes]. */
  readonly targets: Float64Array;
  readonly size: number;
}

export interface BatchPlace {
  readonly seed: number;
  /** Number of the step since the beginning of the training: with the seed it decides every draw. */
  readonly step: number;
}

/** Random crops of the given examples, varied and mixed. */
export function trainingBatch(
  examples: readonly Example[],
  chosen: ArrayLike<number>,
  { frames, classes, augment }: { frames: number; classes: number; augment: AugmentSettings },
  { seed, step }: BatchPlace,
): Batch {
  const size = chosen.length;
  const bands = examples[chosen[0]!]!.bands;
  const windows = new Float32Array(size * bands * frames);
  const targets = new Float64Array(size * classes);
  for (let i = 0; i < size; i++) {
    const example = examples[chosen[i]!]!;
    const draws = windowDraws(seed, step, i);
    const start = draws.integer(Math.max(1, example.frames - frames + 1));
    const at = i * bands * frames;
    copyWindow(example, start, frames, windows, at);
    augmentWindow(windows.subarray(at, at + bands * frames), bands, augment, draws);
    targets[i * classes + example.label] = 1;
  }
  if (augment.mixup > 0) mixup(windows, targets, size, augment.mixup, mixupDraws(seed, step));
  return { windows, targets, size };
}
