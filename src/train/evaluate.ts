import { UsageError } from '../base/errors.ts';
import type { FeatureCache } from './cache/store.ts';
import { type EvaluateOptions, type Evaluation, evaluateScored } from './evaluation.ts';
import { judge } from './judge.ts';
import { loadExamples, type SkippedRecording } from './load.ts';
import type { LoadedModel, ModelCard } from './model-file.ts';
import { type Prediction, predictionOf, readPredictions } from './predictions.ts';
import { type Dataset, formatNames, printable } from './recording.ts';
import type { RunFolder } from './runfolder.ts';

export interface EvaluationResult {
  readonly evaluation: Evaluation;
  readonly predictions: readonly Prediction[];
  readonly skipped: readonly SkippedRecording[];
  /** SHA-256 by recording, of recordings that were read here. */
  readonly contentHash: ReadonlyMap<string, string>;
  /** SHA-256 of rate and mono samples by recording, of the same. */
  readonly soundHash: ReadonlyMap<string, string>;
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
    ...thresholdsOf(card),
    train,
    seed,
  });
  return { evaluation, predictions, skipped: [], contentHash: new Map(), soundHash: new Map() };
}

/**
 * Judges other recordings than those of the run, with the run's threshold.
 * @param train what the baselines learn from: the run's training part; empty where it is not known
 * @throws UsageError `evaluate/classes` when the data set's classes are not the model's
 */
export async function evaluateDataset(
  { model, card }: LoadedModel,
  dataset: Dataset,
  train: EvaluateOptions['train'],
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
      `The model knows: ${card.classes.map(printable).join(', ')}; others can be left out with --classes`,
    );
  }
  const [variable] = model.variables().values();
  const { examples, skipped, contentHash, soundHash } = await loadExamples(
    dataset.recordings,
    card.features,
    {
      backend: variable!.value.backend,
      threads: options.threads,
      cache: options.cache,
      ...(options.onLoad ? { progress: options.onLoad } : {}),
    },
  );
  const probabilities = await judge(model, examples, options.onJudge ? { progress: options.onJudge } : {});
  const entries = new Map(dataset.recordings.map((entry) => [entry.id, entry]));
  const predictions = examples.map((example, i) => {
    const label = card.classes.indexOf(dataset.classes[example.label]!);
    const judged = { probabilities: probabilities[i]!, part: 'test' as const };
    return predictionOf({ ...example, label }, entries.get(example.id), judged);
  });
  const evaluation = evaluateScored(predictions, {
    classes: card.classes,
    ...thresholdsOf(card),
    train,
    seed: options.seed,
  });
  return { evaluation, predictions, skipped, contentHash, soundHash };
}

/** A model that has not seen patients judges them as it does recordings. */
function thresholdsOf({ threshold, patientThreshold = threshold }: ModelCard) {
  return { threshold, patientThreshold };
}
