import { DataError, RunError, UsageError } from '../base/errors.ts';
import { buildModel, type Model } from '../layers/index.ts';
import type { Backend } from '../tensor/index.ts';
import type { RenderSvg } from './charts.ts';
import { resolveConfig, type TrainConfig, windowFrames } from './config.ts';
import { hashContent } from './content.ts';
import { describeEnvironment } from './environment.ts';
import type { EpochRecord } from './epoch.ts';
import { finishRun, type InterruptedRun, type RunSummary } from './finish.ts';
import { type FitHooks, type FitResult, fit, type StepReport } from './fit.ts';
import { hashRecordings } from './hash.ts';
import { Interruption } from './interruption.ts';
import { toJson } from './json.ts';
import { type LoadedRecordings, loadExamples } from './load.ts';
import { writeModelFile } from './model-file.ts';
import { byCodeUnits, type Dataset, type DatasetProblem, problemOf, requireTwoClasses } from './recording.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';
import { createRunFolder, type RunFolder } from './runfolder.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { type AppliedSplit, applySplit, duplicatesAcross, type Split } from './split.ts';
import { historyOf, type SavedState } from './state.ts';
import { makeSplit } from './stratify.ts';

export interface RunHooks {
  readonly onPhase?: (phase: 'features' | 'training' | 'judging', detail: string) => void;
  readonly onLoad?: (done: number, total: number) => void;
  readonly onStep?: (report: StepReport) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
  readonly onJudge?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface RunOptions {
  readonly dataset: Dataset;
  readonly config?: Partial<TrainConfig>;
  /** Recordings by part; drawn from the seed where missing. */
  readonly split?: Split;
  /** Run folder to make. */
  readonly out: string;
  readonly backend: Backend;
  readonly threads: number;
  /** Draws `confusion.svg` and `curves.svg`; without it they are left out. */
  readonly renderSvg?: RenderSvg;
  readonly hooks?: RunHooks;
}

/**
 * Trains a model on a data set, tests it on the held-back part and writes everything to a new run folder. One that
 * ends before training began, by an error or an interruption, is removed again.
 *
 * @throws UsageError `config/…`, `run/…` · DataError `dataset/one-class`, `split/…` · RunError `fit/diverged`
 */
export async function runTraining(options: RunOptions): Promise<RunSummary> {
  const { dataset } = options;
  const config = resolveConfig(options.config ?? {});
  requireTwoClasses(dataset);
  const split =
    options.split ?? makeSplit(dataset.recordings, { seed: config.seed, classes: dataset.classes });
  const applied = applySplit(split, dataset.recordings);
  const folder = createRunFolder(options.out);
  folder.writeSplit(split);
  try {
    return await new Run(options, config, split, applied, folder).start();
  } finally {
    if (!folder.has('run')) folder.discard();
  }
}

/**
 * Goes on with an interrupted run; on the cpu backend the result has the same bits as without the interruption
 * (checkpoints hold float32, which is less than `reference` computes with).
 * @param options `config` and `split` are taken from the run folder
 * @throws UsageError `run/not-interrupted` · RunError `run/data-changed`
 */
export async function resumeTraining(
  folder: RunFolder,
  options: Omit<RunOptions, 'out' | 'config'> & { readonly split: Split },
): Promise<RunSummary> {
  const record = readRunRecord(folder);
  if (record.split.hash !== options.split.hash) {
    throw new DataError(
      'run/split-changed',
      `${folder.file('split')} is not the split that the run was started with`,
      'Restore it, or start a new run',
    );
  }
  if (record.status === 'finished' || record.status === 'diverged' || !folder.has('checkpoint')) {
    const why =
      record.status === 'finished'
        ? 'its run is finished'
        : record.status === 'diverged'
          ? 'its training diverged'
          : 'it has no checkpoint';
    throw new UsageError(
      'run/not-interrupted',
      `${folder.path}: ${why}, so there is nothing to go on with`,
      'Start a new run in another folder',
    );
  }
  const applied = applySplit(options.split, options.dataset.recordings);
  const run = new Run(
    { ...options, out: folder.path },
    resolveConfig(record.config),
    options.split,
    applied,
    folder,
  );
  return run.start(record);
}

class Run {
  private readonly options: RunOptions;
  private readonly config: TrainConfig;
  private readonly split: Split;
  private readonly parts: AppliedSplit;
  private readonly folder: RunFolder;
  private readonly timings: Record<string, number> = {};

  constructor(
    options: RunOptions,
    config: TrainConfig,
    split: Split,
    parts: AppliedSplit,
    folder: RunFolder,
  ) {
    this.options = options;
    this.config = config;
    this.split = split;
    this.parts = parts;
    this.folder = folder;
  }

  async start(earlier?: RunRecord): Promise<RunSummary> {
    try {
      return await this.work(earlier);
    } catch (error) {
      if (error instanceof Interruption) return this.interrupted();
      throw error;
    }
  }

  private async work(earlier?: RunRecord): Promise<RunSummary> {
    const { dataset, hooks = {}, backend } = this.options;
    const { parts, config } = this;
    Object.assign(this.timings, earlier?.timings);
    hooks.onPhase?.('features', `${parts.train.length + parts.validation.length} recordings`);
    const loaded = await this.timed('features', () => this.load([...parts.train, ...parts.validation]));
    const inTrain = new Set(parts.train.map(({ id }) => id));
    const train = loaded.examples.filter(({ id }) => inTrain.has(id));
    const validation = loaded.examples.filter(({ id }) => !inTrain.has(id));
    // The weights learn from the one, the threshold and the best epoch are chosen on the other.
    for (const part of ['train', 'validation'] as const) {
      const root = `${dataset.root} (${part === 'train' ? 'training' : part} part)`;
      const recordings = entriesOf(parts[part], loaded);
      requireTwoClasses({ root, classes: dataset.classes, recordings, skipped: loaded.skipped });
    }
    // Test recordings too, so that none is exchanged before they are judged; their sound is not looked at yet.
    const contentHash = new Map([...loaded.contentHash, ...hashContent(parts.test)]);
    const used = [...parts.train, ...parts.validation, ...parts.test].filter(({ id }) => contentHash.has(id));
    const dataHash = hashRecordings(used, contentHash);
    if (earlier && earlier.data.hash !== dataHash) {
      throw new RunError(
        'run/data-changed',
        `The recordings are not those that ${this.folder.path} was started with (hash ${dataHash.slice(0, 12)}…, was ${earlier.data.hash.slice(0, 12)}…)`,
        'Restore them, or start a new run',
      );
    }
    const build = () => buildModel(this.modelConfig(), { seed: config.seed, backend });
    const [model, average] = [build(), build()];
    const record = this.record(model, loaded, contentHash, dataHash);
    this.folder.writeJson('run', record);
    hooks.onPhase?.(
      'training',
      `${config.model}, ${model.parameterCount()} parameters, ${train.length} recordings`,
    );
    const result = await this.timed('training', () =>
      fit(model, average, train, validation, config, this.fitHooks(earlier !== undefined)),
    );
    const weights = result.best.epoch > 0 ? result.best.weights : await average.state();
    const last = await average.state();
    model.dispose();
    if (result.stopped === 'interrupted') {
      average.dispose();
      return this.interrupted();
    }
    if (result.stopped === 'diverged') {
      average.dispose();
      throw this.diverged(record, result);
    }
    average.loadState(weights);
    const summary = await finishRun({
      folder: this.folder,
      model: average,
      record,
      dataset,
      split: this.split,
      parts: this.parts,
      loaded,
      train,
      validation,
      result,
      weights,
      last,
      loadTest: () => this.load(parts.test),
      timings: this.timings,
      seed: config.seed,
      ...(this.options.renderSvg ? { renderSvg: this.options.renderSvg } : {}),
      ...(hooks.onJudge ? { onJudge: hooks.onJudge } : {}),
      ...(hooks.signal ? { signal: hooks.signal } : {}),
      onPhase: () => hooks.onPhase?.('judging', `${dataset.recordings.length} recordings`),
    });
    average.dispose();
    return summary;
  }

  private interrupted(): InterruptedRun {
    const { folder } = this;
    if (folder.has('run')) {
      const record = readRunRecord(folder);
      folder.writeJson('run', { ...record, status: 'interrupted', timings: this.timings });
    }
    return { status: 'interrupted', folder, resumable: folder.has('checkpoint') };
  }

  private load(entries: AppliedSplit['train']): Promise<LoadedRecordings> {
    const { onLoad, signal } = this.options.hooks ?? {};
    return loadExamples(entries, this.config.features, {
      backend: this.options.backend,
      ...(onLoad ? { progress: onLoad } : {}),
      ...(signal ? { signal } : {}),
    });
  }

  private fitHooks(resuming: boolean): FitHooks {
    const { onStep, onEpoch, signal } = this.options.hooks ?? {};
    const checkpoint = this.folder.file('checkpoint');
    return {
      ...(onStep ? { onStep } : {}),
      ...(signal ? { signal } : {}),
      ...(resuming ? { resume: this.reopen(checkpoint) } : {}),
      onEpoch: (epoch) => {
        this.folder.events.append({ event: 'epoch', ...epoch });
        onEpoch?.(epoch);
      },
      onCheckpoint: ({ tensors, metadata }) => writeSafetensors(checkpoint, tensors, metadata),
    };
  }

  /** The checkpoint; the log is brought back to its epochs, in case a later one was logged and not saved. */
  private reopen(checkpoint: string): SavedState {
    const saved = readSafetensors(checkpoint);
    const lines = historyOf(saved).map((epoch) => toJson({ event: 'epoch', ...epoch }, 0));
    this.folder.write('events', lines.join(''));
    return saved;
  }

  private modelConfig() {
    const { config } = this;
    return {
      name: config.model,
      bands: config.features.logMel.bands,
      frames: windowFrames(config),
      classes: this.options.dataset.classes.length,
    };
  }

  /** What the split and the data set do not have in common, and the same sound on two sides. */
  private splitProblems(contentHash: ReadonlyMap<string, string>): DatasetProblem[] {
    const { missing, unassigned } = this.parts;
    const twice = duplicatesAcross(this.parts, contentHash).flatMap(({ records }) =>
      Object.values(records).flat(),
    );
    return [
      problemOf('split-unknown', 'recordings of the split are not in the data', missing),
      problemOf('split-unassigned', 'recordings are in no part of the split and not used', unassigned),
      problemOf(
        'split-same-audio',
        'recordings have the same audio as one in another part of the split',
        twice,
      ),
    ].filter(({ count }) => count > 0);
  }

  private record(
    model: Model,
    loaded: LoadedRecordings,
    contentHash: ReadonlyMap<string, string>,
    hash: string,
  ): RunRecord {
    const { dataset, backend, threads } = this.options;
    const { train, validation, test } = this.parts;
    return {
      format: 'pcg-engine/run/1',
      status: 'started',
      config: this.config,
      classes: dataset.classes,
      data: {
        layout: dataset.layout,
        root: dataset.root,
        hash,
        sha256: Object.fromEntries([...contentHash].sort(([a], [b]) => byCodeUnits(a, b))),
        excluded: dataset.excluded,
        problems: [...dataset.problems, ...this.splitProblems(contentHash)],
        skipped: loaded.skipped,
        warnings: loaded.warnings,
      },
      split: {
        hash: this.split.hash,
        seed: this.split.seed,
        counts: { train: train.length, validation: validation.length, test: test.length },
      },
      model: {
        name: this.config.model,
        parameters: model.parameterCount(),
        bands: model.config.bands,
        frames: model.config.frames,
      },
      environment: describeEnvironment(backend, threads),
      timings: this.timings,
    };
  }

  /** Keeps the weights of the best epoch; before the first validation there are none that anybody has judged. */
  private diverged(record: RunRecord, { best, reason = '' }: FitResult): RunError {
    if (best.epoch > 0) {
      writeModelFile(this.folder.file('weights'), best.weights, {
        model: this.modelConfig(),
        features: this.config.features,
        classes: record.classes,
        threshold: 0.5,
        trainedOn: { layout: record.data.layout, data: record.data.hash, split: this.split.hash },
      });
    }
    this.folder.writeJson('run', { ...record, status: 'diverged', reason, timings: this.timings });
    const kept =
      best.epoch > 0
        ? `the last good weights, of epoch ${best.epoch}, are in ${this.folder.file('weights')}`
        : 'no epoch was finished, so there are no weights to keep';
    return new RunError(
      'fit/diverged',
      `Training diverged at ${reason}; ${kept}`,
      'Use a smaller --learning-rate',
    );
  }

  private async timed<T>(phase: string, body: () => Promise<T>): Promise<T> {
    const before = performance.now();
    try {
      return await body();
    } finally {
      this.timings[phase] = Math.round((this.timings[phase] ?? 0) * 1000 + performance.now() - before) / 1000;
    }
  }
}

function entriesOf(entries: AppliedSplit['train'], loaded: LoadedRecordings): AppliedSplit['train'] {
  return entries.filter(({ id }) => loaded.contentHash.has(id));
}
