import { RunError } from '../base/errors.ts';
import { inference, type Model } from '../layers/index.ts';
import { noGrad, scope, tensor } from '../tensor/index.ts';
import { breathe } from './interruption.ts';
import { copyWindow, type FeatureMap, windowStarts } from './windows.ts';

export interface JudgeOptions {
  /** Frames from one window to the next; half a window where missing. */
  readonly step?: number;
  /** Windows judged at once; the result does not depend on it. */
  readonly batchSize?: number;
  /** Called after each batch with windows done and windows in all. */
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Class probabilities of recordings: the mean over windows that cover each with overlap.
 * @throws RunError `judge/not-finite` when the model gives no number; Interruption when `signal` is aborted
 */
export async function judge(
  model: Model,
  recordings: readonly FeatureMap[],
  options: JudgeOptions = {},
): Promise<number[][]> {
  const { bands, frames, classes } = model.config;
  const { step = Math.max(1, Math.floor(frames / 2)), batchSize = 32 } = options;
  const backend = [...model.variables().values()][0]!.value.backend;
  const places = recordings.flatMap((features, recording) => {
    if (features.bands !== bands)
      throw new RunError(
        'judge/bands',
        `The model takes ${bands} bands, the features have ${features.bands}`,
      );
    return windowStarts(features.frames, frames, step).map((start) => ({ recording, start }));
  });
  const sums = recordings.map(() => new Float64Array(classes));
  const counts = recordings.map(() => 0);
  for (let from = 0; from < places.length; from += batchSize) {
    const chosen = places.slice(from, from + batchSize);
    const windows = new Float32Array(chosen.length * bands * frames);
    for (const [i, { recording, start }] of chosen.entries()) {
      copyWindow(recordings[recording]!, start, frames, windows, i * bands * frames);
    }
    const probabilities = await noGrad(() =>
      scope(async () => {
        const x = tensor(windows, [chosen.length, 1, bands, frames], { backend });
        return model.probabilities(x, inference).data();
      }),
    );
    chosen.forEach(({ recording }, i) => {
      for (let c = 0; c < classes; c++) sums[recording]![c]! += probabilities[i * classes + c]!;
      counts[recording]!++;
    });
    options.progress?.(Math.min(places.length, from + batchSize), places.length);
    await breathe(options.signal);
  }
  return sums.map((sum, i) => {
    const mean = Array.from(sum, (value) => value / counts[i]!);
    if (!mean.every(Number.isFinite))
      throw new RunError(
        'judge/not-finite',
        `Recording ${i + 1} of ${recordings.length}: the model gives ${mean.join(', ')}`,
        'The weights are damaged or the training diverged',
      );
    return mean;
  });
}
