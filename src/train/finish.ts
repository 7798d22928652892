import { rmSync } from 'node:fs';
import type { Model } from '../layers/index.ts';
import type { AppliedSplit } from './apply-split.ts';
import type { Example } from './batch.ts';
import { confusionSvg } from './charts/confusion.ts';
import { curvesSvg } from './charts/curves.ts';
import type { ChartTools } from './charts/tools.ts';
import { thresholdOf } from './epoch.ts';
import { type Evaluation, evaluateScored } from './evaluation.ts';
import type { FitResult } from './fit.ts';
import { recordOf } from './hash.ts';
import { judge } from './judge.ts';
import { describeLeaks } from './leaks.ts';
import type { LoadedRecordings, SkippedRecording } from './load.ts';
import { type ModelCard, writeModelFile } from './model-file.ts';
import { hasPatients, scorePatients } from './patients.ts';
import { type Prediction, predictionOf, writePredictions } from './predictions.ts';
import { byCodeUnits, type Dataset } from './recording.ts';
import type { RunRecord } from './run-record.ts';
import type { RunFolder } from './runfolder.ts';
import type { Part, Split } from './split.ts';
import type { Weights } from './state.ts';

/** What a training gives back to whoever started it. */
export type RunSummary = FinishedRun | InterruptedRun;

export interface FinishedRun {
  readonly status: 'finished';
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly skipped: readonly SkippedRecording[];
  readonly test: Evaluation;
  readonly validation: Evaluation;
  readonly history: FitResult['history'];
  /** Why no more epochs followed. */
  readonly stopped: 'epochs' | 'patience';
}

export interface InterruptedRun {
  readonly status: 'interrupted';
  readonly folder: RunFolder;
  /** Whether there is a checkpoint to go on from; without one the folder is gone if this run made it. */
  readonly resumable: boolean;
}

interface Unfinished {
  readonly folder: RunFolder;
  /** With the best weights. */
  readonly model: Model;
  readonly record: RunRecord;
  readonly dataset: Dataset;
  readonly split: Split;
  readonly parts: AppliedSplit;
  readonly loaded: LoadedRecordings;
  /** Emptied once judged, to make room for the test part. */
  readonly train: Example[];
  readonly validation: Example[];
  readonly result: FitResult;
  readonly weights: Weights;
  readonly last: Weights;
  readonly loadTest: () => Promise<LoadedRecordings>;
  readonly timings: Record<string, number>;
  readonly seed: number;
  readonly chartTools?: ChartTools;
  readonly onPhase: () => void;
  readonly onJudge?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Chooses the threshold on validation, judges every part with the best weights and writes the rest of the run
 * folder. The test recordings are read here for the first time.
 * @throws Interruption before anything is written
 */
export async function finishRun(run: Unfinished): Promise<FinishedRun> {
  const { folder, model, dataset, record } = run;
  const before = performance.now();
  run.onPhase();
  const entries = new Map(dataset.recordings.map((entry) => [entry.id, entry]));
  const predict = async (examples: readonly Example[], part: Part): Promise<Prediction[]> => {
    const options = {
      ...(run.onJudge ? { progress: run.onJudge } : {}),
      ...(run.signal ? { signal: run.signal } : {}),
    };
    const probabilities = await judge(model, examples, options);
    return examples.map((example, i) =>
      predictionOf(example, entries.get(example.id), { probabilities: probabilities[i]!, part }),
    );
  };
  const validated = await predict(run.validation, 'validation');
  const { classes } = dataset;
  const threshold = thresholdOf(validated, classes.length);
  const patientThreshold = hasPatients(validated)
    ? thresholdOf(scorePatients(validated, classes), classes.length)
    : undefined;
  const forPatients = patientThreshold === undefined ? {} : { patientThreshold };
  const trained = await predict(run.train, 'train');
  // Features are most of the memory, and these have done their work.
  for (const list of [run.train, run.validation, run.loaded.examples]) list.length = 0;
  const loadedTest = await run.loadTest();
  const tested = await predict(loadedTest.examples, 'test');

  const evaluate = (scored: readonly Prediction[]) =>
    evaluateScored(scored, { classes, threshold, ...forPatients, train: trained, seed: run.seed });
  const [test, validation] = [evaluate(tested), evaluate(validated)];
  const changed = [...loadedTest.contentHash].filter(([id, hash]) => record.data.sha256[id] !== hash);
  const changes = changed.map(([id]) => `${id}: its file was changed while the model was training`);
  const card: ModelCard = {
    model: model.config,
    features: record.config.features,
    classes,
    threshold,
    ...forPatients,
    trainedOn: {
      layout: dataset.layout,
      ...(dataset.label === undefined ? {} : { label: dataset.label }),
      data: record.data.hash,
      split: run.split.hash,
    },
  };
  writeModelFile(folder.file('weights'), run.weights, card);
  writeModelFile(folder.file('lastWeights'), run.last, card);
  const order = (a: Prediction, b: Prediction) => byCodeUnits(a.record, b.record);
  writePredictions(
    folder.file('predictions'),
    [...trained, ...validated, ...tested].sort(order),
    classes,
    threshold,
  );
  const bestEpoch = run.result.best.epoch;
  const { leaks } = record.split;
  // First, so that nobody who opens the file takes the figures for what they are not.
  const warned = leaks && { warning: `too good to be true: the split leaks: ${describeLeaks(leaks)}`, leaks };
  folder.writeJson('metrics', { ...warned, threshold, ...forPatients, bestEpoch, test, validation });
  const recordings =
    dataset.layout === 'synthetic' ? 'Synthetic test recordings, not clinical' : 'Test recordings';
  const title = leaks ? `${recordings} (too good: the split leaks)` : recordings;
  if (run.chartTools) {
    folder.write('confusion', confusionSvg(test.pooled.confusion, classes, title, run.chartTools));
    folder.write('curves', curvesSvg(run.result.history, run.chartTools, { bestEpoch }));
  }
  const skipped = [...run.loaded.skipped, ...loadedTest.skipped];
  const finished: RunRecord = {
    ...record,
    status: 'finished',
    data: {
      ...record.data,
      soundSha256: recordOf(new Map([...run.loaded.soundHash, ...loadedTest.soundHash])),
      skipped,
      warnings: [...run.loaded.warnings, ...loadedTest.warnings, ...changes],
    },
    timings: { ...run.timings, judging: Math.round(performance.now() - before) / 1000 },
    threshold,
    ...forPatients,
    bestEpoch,
  };
  folder.writeJson('run', finished);
  rmSync(folder.file('checkpoint'), { force: true });
  return {
    status: 'finished',
    folder,
    record: finished,
    skipped,
    test,
    validation,
    history: run.result.history,
    stopped: run.result.stopped === 'patience' ? 'patience' : 'epochs',
  };
}
