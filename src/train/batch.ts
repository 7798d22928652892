import type { AugmentSettings } from './augment.ts';
import { planCrops, type WindowPlan } from './augment-plan.ts';
import type { FeatureMap } from './windows.ts';

/** A recording ready to be trained on or judged. */
export interface Example extends FeatureMap {
  readonly id: string;
  readonly label: number;
  readonly site: string;
  readonly group: string;
}

export interface BatchPlace {
  readonly seed: number;
  /** Number of the step since the beginning of the training: with the seed it decides every draw. */
  readonly step: number;
}

/** A batch to be cut by a `RecordingStore`. */
export interface PlannedBatch {
  readonly windows: WindowPlan;
  /** [size, classes], mixed as the windows will be. */
  readonly targets: Float64Array;
  readonly size: number;
}

/** Random crops of the given examples, to be varied and mixed; what they should be. */
export function planBatch(
  examples: readonly Example[],
  chosen: ArrayLike<number>,
  { frames, classes, augment }: { frames: number; classes: number; augment: AugmentSettings },
  place: BatchPlace,
): PlannedBatch {
  const size = chosen.length;
  const { bands } = examples[chosen[0]!]!;
  const lengths = (recording: number) => examples[recording]!.frames;
  const { plan, mixing } = planCrops(chosen, lengths, { bands, frames }, augment, place);
  const label = (row: number) => examples[chosen[row]!]!.label;
  const targets = new Float64Array(size * classes);
  for (let i = 0; i < size; i++) {
    const share = mixing ? mixing.shares[i]! : 1;
    targets[i * classes + label(i)] = share;
    if (mixing) targets[i * classes + label(mixing.partners[i]!)]! += 1 - share;
  }
  return { windows: plan, targets, size };
}
