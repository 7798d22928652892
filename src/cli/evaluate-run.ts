import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { scanDataset } from '../train/dataset.ts';
import { type EvaluationResult, evaluateDataset, evaluateTestPart } from '../train/evaluate.ts';
import type { Evaluation } from '../train/evaluation.ts';
import { loadModel, type ModelCard, readModelCard } from '../train/model-file.ts';
import { type Overlap, overlapWith } from '../train/overlap.ts';
import { type Prediction, readPredictions, writePredictions } from '../train/predictions.ts';
import { formatNames } from '../train/recording.ts';
import { type RunRecord, readRunRecord } from '../train/run-record.ts';
import { openRunFolder, RUN_FILES, type RunFolder } from '../train/runfolder.ts';
import { checkDevice, openDevice } from './device.ts';
import type { EvaluateOptions } from './evaluate.ts';
import { cacheLine, openCache, sayCacheWarnings } from './feature-cache.ts';
import type { Io } from './io.ts';
import { leakWarning } from './leaks.ts';
import { scanOptions } from './options.ts';
import { checkOutputFile } from './output-file.ts';
import { Progress, Rate } from './progress.ts';
import { evaluationReport, leftOutReport } from './report.ts';
import { styleFor } from './style.ts';
import { count, duration, plural } from './table.ts';

/** A model's run folder, where it came with one and the run is finished. */
interface Origin {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly predictions: readonly Prediction[];
}

/** What was judged, with all that is said of it. */
interface Judged extends EvaluationResult {
  readonly title: string;
  readonly warnings: readonly string[];
  readonly leftOut: readonly string[];
  /** What they have in common with those of the run; null where that is not known. */
  readonly overlap: Overlap | null;
}

export async function evaluate(path: string, options: EvaluateOptions, io: Io): Promise<number> {
  const progress = new Progress(io, { quiet: options.quiet === true });
  checkDevice(options);
  if (options.csv !== undefined) checkTarget(options.csv);
  const judged =
    options.data === undefined
      ? heldBack(path)
      : await onOther(path, options.data, options, progress, io).finally(() => progress.clear());
  const { card, path: weights } = readModelCard(path);
  const { evaluation, predictions, skipped, overlap, warnings } = judged;

  const { yellow } = progress.style;
  const synthetic = card.trainedOn.layout === 'synthetic';
  if (synthetic)
    progress.say(
      `${yellow('note:')} this model was trained on SYNTHETIC recordings; it says nothing about patients.`,
    );
  for (const line of judged.leftOut) progress.print(line);
  for (const warning of warnings) progress.say(`${yellow('warning:')} ${warning}`);
  if (options.json) {
    const { threshold, patientThreshold } = card;
    const document = {
      model: weights,
      data: options.data ?? null,
      synthetic,
      threshold,
      ...(patientThreshold === undefined ? {} : { patientThreshold }),
      evaluation,
      // How many recordings of each part of the run are here.
      overlap: overlap?.same ?? null,
      sharedSubjects: overlap?.subjects ?? null,
      warnings,
      skipped,
    };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    const style = styleFor(io.stdout, io.env);
    const lines = [
      style.bold(judged.title),
      ...evaluationReport(evaluation, style),
      '',
      ...thresholdLines(card, evaluation),
    ];
    io.stdout.write(`${lines.join('\n')}\n`);
  }
  // Last, so that figures that took long are not lost with a file that cannot be written.
  if (options.csv !== undefined) {
    writePredictions(options.csv, predictions, card.classes, card.threshold);
    progress.print(`Written: ${options.csv}`);
  }
  return skipped.length > 0 ? 3 : 0;
}

/** @throws UsageError where the CSV would take the place of something else than a file of figures */
function checkTarget(csv: string): void {
  if (existsSync(join(dirname(csv), RUN_FILES.run))) {
    throw new UsageError(
      'evaluate/csv',
      `${csv} is inside a run folder, whose files are never overwritten`,
      'Write it elsewhere',
    );
  }
  checkOutputFile(csv, 'evaluate/csv', 'record,');
}

function thresholdLines(
  { classes, threshold, patientThreshold }: ModelCard,
  { patients }: Evaluation,
): string[] {
  if (classes.length !== 2) return ['The most probable class is decided on.'];
  const from = (value: number) => `"${classes[1]}" from a probability of ${value.toFixed(3)} on`;
  const chosen = `${from(threshold)}, chosen by training on its validation part.`;
  if (!patients) return [chosen];
  const forPatients =
    patientThreshold === undefined
      ? 'For patients the same, as the model was trained without knowing of any.'
      : `For patients ${from(patientThreshold)}, chosen there too.`;
  return [chosen, forPatients];
}

function heldBack(path: string): Judged {
  if (existsSync(path) && !statSync(path).isDirectory()) {
    const message = `${path} is a model file, which holds no test part`;
    throw new UsageError('evaluate/no-run', message, 'Give its run folder, or recordings with --data');
  }
  const { card } = readModelCard(path);
  const folder = openRunFolder(path);
  const { config, split } = readRunRecord(folder);
  const result = evaluateTestPart(folder, { card }, config.seed);
  const recordings = plural(result.predictions.length, 'recording');
  const unheard = split.leaks ? ', NOT all unheard in training' : '';
  const title = `Held-back test part of ${path}: ${recordings}${unheard}`;
  const warnings = split.leaks ? [leakWarning(split.leaks)] : [];
  return { ...result, title, warnings, leftOut: [], overlap: null };
}

async function onOther(
  path: string,
  data: string,
  options: EvaluateOptions,
  progress: Progress,
  io: Io,
): Promise<Judged> {
  const { card } = readModelCard(path);
  const origin = originOf(path, card);
  const dataset = scanDataset(data, { ...scanOptions(options), usualLabel: card.trainedOn.label });
  const { backend, reason, threads } = await openDevice(options);
  const cache = openCache(options.cache, io);
  try {
    progress.print(`Judging ${plural(dataset.recordings.length, 'recording')} of ${data}; ${reason}`);
    const loaded = loadModel(path, backend);
    const rate = new Rate();
    const train = origin?.predictions.filter(({ part }) => part === 'train') ?? [];
    const show = (what: string) => (done: number, total: number) =>
      progress.show(() => [
        `${what} ${progress.bar(done / total)} ${count(done)}/${count(total)}`,
        `${duration(rate.seconds())} so far`,
      ]);
    const result = await evaluateDataset(loaded, dataset, train, {
      seed: origin?.record.config.seed ?? 0,
      threads,
      cache,
      onLoad: show('reading recordings'),
      onJudge: show('judging windows'),
    });
    loaded.model.dispose();
    const known = cacheLine(cache);
    if (known !== undefined) progress.print(`Features: ${known}`);
    sayCacheWarnings(cache, progress);
    const overlap = origin ? overlapWith(origin.record, origin.predictions, result, dataset) : null;
    const warnings = overlap ? overlapWarnings(overlap) : [];
    if (!origin) {
      warnings.push(
        'a model file alone does not say which recordings it was trained on: no trivial rules beside the figures, ' +
          'and no check that these are others',
      );
    }
    const title = `${plural(result.predictions.length, 'recording')} of ${data}, judged by ${path}`;
    return {
      ...result,
      title,
      warnings,
      overlap,
      leftOut: leftOutReport(dataset, result.skipped, progress.style),
    };
  } finally {
    await backend.close();
  }
}

function originOf(path: string, card: ModelCard): Origin | null {
  if (!statSync(path).isDirectory()) return null;
  const folder = openRunFolder(path);
  if (!folder.has('predictions')) return null;
  const predictions = readPredictions(folder.file('predictions'), card.classes);
  return { folder, record: readRunRecord(folder), predictions };
}

function overlapWarnings({ same, subjects, ofSubjects }: Overlap): string[] {
  const warnings: string[] = [];
  if (same.train + same.validation > 0) {
    warnings.push(
      `${same.train} of these recordings were trained on and ${same.validation} validated on in this run: ` +
        'the figures are too good to be true',
    );
  }
  if (ofSubjects) {
    const others = same.train + same.validation + same.test > 0 ? 'others' : 'of these recordings';
    warnings.push(
      `${ofSubjects} ${others} are of subjects by whose names this run was trained or validated ` +
        `(${formatNames(subjects!)}): unless they are other people, the figures are too good to be true`,
    );
  }
  return warnings;
}
