import { UsageError } from '../base/errors.ts';
import type { Labelled } from './baselines.ts';
import type { FeatureCache } from './cache/store.ts';
import { type Evaluation, evaluateScored } from './evaluation.ts';
import { judge } from './judge.ts';
import { loadExamples, type SkippedRecording } from './load.ts';
import type { LoadedModel } from './model-file.ts';
import { type Prediction, readPredictions } from './predictions.ts';
import { type Dataset, formatNames } from './recording.ts';
import type { RunFolder } from './runfolder.ts';

export interface EvaluationResult {
  readonly evaluation: Evaluation;
  readonly predictions: readonly Prediction[];
  readonly skipped: readonly SkippedRecording[];
  /** SHA-256 by recording, of recordings that were read here. */
  readonly contentHash: ReadonlyMap<string, string>;
}

/**
 * The figures of the held-back test part, computed again from the run's `predictions.csv`.
 */
export function evaluateTestPart(
  folder: RunFolder,
  { card }: Pick<LoadedModel, 'card'>,
  seed: number,
): EvaluationResult {
  if (!folder.has('predictions')) {
    throw new UsageError(
      'run/unfinished',
      `${folder.path} holds no predictions: its training did not finish`,
      folder.has('checkpoint') ? `Go on with: pcg-engine train --resume ${folder.path}` : 'Start a new run',
    );
  }
  const all = readPredictions(folder.file('predictions'), card.classes);
  const predictions = all.filter(({ part }) => part === 'test');
  const train = all.filter(({ part }) => part === 'train');
  const evaluation = evaluateScored(predictions, {
    classes: card.classes,
    threshold: card.threshold,
    train,
    seed,
  });
  return { evaluation, predictions, skipped: [], contentHash: new Map() };
}

/**
 * Judges other recordings than those of the run, with the run's threshold.
 * @param train what the baselines learn from: the run's training part; empty where it is not known
 * @throws UsageError `evaluate/classes` when the data set's classes are not the model's
 */
export async function evaluateDataset(
  { model, card }: LoadedModel,
  dataset: Dataset,
  train: readonly Labelled[],
  options: {
    readonly seed: number;
    readonly threads?: number;
    readonly cache?: FeatureCache | undefined;
    readonly onLoad?: (done: number, total: number) => void;
    readonly onJudge?: (done: number, total: number) => void;
  },
): Promise<EvaluationResult> {
  const unknown = dataset.classes.filter((name) => !card.classes.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(
      'evaluate/classes',
      `${dataset.root} has classes the model does not know: ${formatNames(unknown)}`,
      `The model knows: ${card.classes.join(', ')}`,
    );
  }
  const [variable] = model.variables().values();
  const { examples, skipped, contentHash } = await loadExamples(dataset.recordings, card.features, {
    backend: variable!.value.backend,
    threads: options.threads,
    cache: options.cache,
    ...(options.onLoad ? { progress: options.onLoad } : {}),
  });
  const probabilities = await judge(model, examples, options.onJudge ? { progress: options.onJudge } : {});
  const predictions = examples.map(
    ({ id, group, site, label }, i): Prediction => ({
      record: id,
      group,
      site,
      label: card.classes.indexOf(dataset.classes[label]!),
      probabilities: probabilities[i]!,
      part: 'test',
    }),
  );
  const evaluation = evaluateScored(predictions, {
    classes: card.classes,
    threshold: card.threshold,
    train,
    seed: options.seed,
  });
  return { evaluation, predictions, skipped, contentHash };
}
