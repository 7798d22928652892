import { RunError } from '../base/errors.ts';
import { inference, type Model } from '../layers/index.ts';
import { noGrad, scope, type Values } from '../tensor/index.ts';
import { planWindowsAt } from './augment-plan.ts';
import { breathe } from './interruption.ts';
import { RecordingStore } from './recording-store.ts';
import { type FeatureMap, windowStarts } from './windows.ts';

/** Batches that may be on the device before the first is read. */
const BEGUN_AT_ONCE = { reference: 1, cpu: 1, webgpu: 8 };

export interface JudgeOptions {
  /** Frames from one window to the next; half a window where missing. */
  readonly step?: number;
  /** Windows judged at once; the result does not depend on it, but for rounding on a GPU. */
  readonly batchSize?: number;
  /** Called after each batch with windows done and windows in all. */
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** The recordings, if they are on the device already. */
  readonly store?: RecordingStore;
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
  const store = options.store ?? (await RecordingStore.open(recordings, backend));
  const lengths = (recording: number) => recordings[recording]!.frames;
  /** Batches that were begun and not read yet, so that a GPU has work while the host waits. */
  const begun: { readonly chosen: typeof places; readonly probabilities: Promise<Values> }[] = [];
  const readOldest = async () => {
    const { chosen, probabilities } = begun.shift()!;
    const values = await probabilities;
    chosen.forEach(({ recording }, i) => {
      for (let c = 0; c < classes; c++) sums[recording]![c]! += values[i * classes + c]!;
      counts[recording]!++;
    });
    done += chosen.length;
    options.progress?.(done, places.length);
  };
  let done = 0;
  try {
    for (let from = 0; from < places.length; from += batchSize) {
      const chosen = places.slice(from, from + batchSize);
      const plan = planWindowsAt(chosen, lengths, { bands, frames });
      // Activations are given back at once; on a GPU what uses their memory next runs after this.
      const result = noGrad(() => scope(() => model.probabilities(store.windows(plan), inference).keep()));
      const probabilities = result.data().finally(() => result.dispose());
      probabilities.catch(() => {}); // Told to whoever waits for it, which may be later.
      begun.push({ chosen, probabilities });
      if (begun.length >= BEGUN_AT_ONCE[backend.name]) await readOldest();
      await breathe(options.signal);
    }
    while (begun.length > 0) await readOldest();
  } finally {
    await Promise.allSettled(begun.map(({ probabilities }) => probabilities));
    if (!options.store) store.dispose();
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
