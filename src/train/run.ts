import { DataError, RunError, UsageError } from '../base/errors.ts';
import { buildModel, type Model } from '../layers/index.ts';
import type { Backend } from '../tensor/index.ts';
import { type AppliedSplit, applySplit } from './apply-split.ts';
import type { FeatureCache } from './cache/store.ts';
import type { ChartTools } from './charts/tools.ts';
import { resolveConfig, type TrainConfig, windowFrames } from './config.ts';
import { describeEnvironment } from './environment.ts';
import type { EpochRecord } from './epoch.ts';
import { finishRun, type InterruptedRun, type RunSummary } from './finish.ts';
import { type FitHooks, type FitResult, fit, type StepReport } from './fit.ts';
import { hashRecordings, recordOf } from './hash.ts';
import { Interruption } from './interruption.ts';
import { toJson } from './json.ts';
import type { Leak } from './leaks.ts';
import { type LoadedRecordings, loadExamples } from './load.ts';
import { writeModelFile } from './model-file.ts';
import { type Prepared, prepareParts } from './prepare.ts';
import { type Dataset, type DatasetProblem, problemOf, requireTwoClasses } from './recording.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';
import { createRunFolder, type RunFolder } from './runfolder.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import type { Split } from './split.ts';
import { historyOf, type SavedState } from './state.ts';

export interface RunHooks {
  /** Looking for copies of recordings under other names, before everything else. */
  readonly onCheck?: (done: number, total: number) => void;
  /** The given split leaks, and that was allowed. */
  readonly onLeaks?: (leaks: readonly Leak[]) => void;
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
  /** Go on where the given split has something on two sides; the run says so wherever it gives figures. Default false. */
  readonly allowLeaks?: boolean;
  /** Run folder to make. */
  readonly out: string;
  readonly backend: Backend;
  readonly threads: number;
  /** Features known from earlier runs, for devices that leave them to the host. */
  readonly cache?: FeatureCache;
  /** Draws `confusion.svg` and `curves.svg`; without it they are left out. */
  readonly chartTools?: ChartTools;
  readonly hooks?: RunHooks;
}

/**
 * Trains a model on a data set, tests it on the held-back part and writes everything to a new run folder. One that
 * ends before training began, by an error or an interruption, is removed again.
 *
 * @throws UsageError `config/…`, `run/…` · DataError `dataset/one-class`, `split/…` · RunError `fit/diverged`
 */
export async function runTraining(options: RunOptions): Promise<RunSummary> {
  const { dataset, split, allowLeaks = false } = options;
  const config = resolveConfig(options.config ?? {});
  requireTwoClasses(dataset);
  // What names alone tell is said before a folder is made and files are read.
  if (split) applySplit(split, dataset.recordings, { allowLeaks });
  const folder = createRunFolder(options.out);
  try {
    return await new Run(options, config, folder).start();
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
  // Whether leaks are allowed was decided when the run began; what is there is recorded again.
  const run = new Run(
    { ...options, out: folder.path, allowLeaks: true },
    resolveConfig(record.config),
    folder,
  );
  return run.start(record);
}

class Run {
  private readonly options: Omit<RunOptions, 'config'>;
  private readonly config: TrainConfig;
  private readonly folder: RunFolder;
  private readonly timings: Record<string, number> = {};
  private prepared!: Prepared;

  constructor(options: Omit<RunOptions, 'config'>, config: TrainConfig, folder: RunFolder) {
    this.options = options;
    this.config = config;
    this.folder = folder;
  }

  async start(earlier?: RunRecord): Promise<RunSummary> {
    try {
      Object.assign(this.timings, earlier?.timings);
      this.prepared = await this.timed('checking', () => this.prepare());
      if (!earlier) this.folder.writeSplit(this.prepared.split);
      return await this.work(earlier);
    } catch (error) {
      if (error instanceof Interruption) return this.interrupted();
      throw error;
    }
  }

  private async prepare(): Promise<Prepared> {
    const { dataset, split, allowLeaks = false, hooks = {} } = this.options;
    const prepared = await prepareParts(dataset, {
      seed: this.config.seed,
      channel: this.config.features.channel ?? 'mix',
      ...(split ? { split, allowLeaks } : {}),
      ...(hooks.onCheck ? { progress: hooks.onCheck } : {}),
      ...(hooks.signal ? { signal: hooks.signal } : {}),
    });
    const { leaks } = prepared.parts;
    if (leaks.length > 0) hooks.onLeaks?.(leaks);
    return prepared;
  }

  private async work(earlier?: RunRecord): Promise<RunSummary> {
    const { dataset, hooks = {}, backend } = this.options;
    const { config } = this;
    const { parts, split } = this.prepared;
    // One by one where a split that leaks has a recording in both.
    const listened = [...new Set([...parts.train, ...parts.validation])];
    hooks.onPhase?.('features', `${listened.length} recordings`);
    const loaded = await this.timed('features', () => this.load(listened));
    const examplesOf = (part: AppliedSplit['train']) => {
      const ids = new Set(part.map(({ id }) => id));
      return loaded.examples.filter(({ id }) => ids.has(id));
    };
    const train = examplesOf(parts.train);
    const validation = examplesOf(parts.validation);
    // The weights learn from the one, the threshold and the best epoch are chosen on the other.
    for (const part of ['train', 'validation'] as const) {
      const root = `${dataset.root} (${part === 'train' ? 'training' : part} part)`;
      const recordings = entriesOf(parts[part], loaded);
      requireTwoClasses({ root, classes: dataset.classes, recordings, skipped: loaded.skipped });
    }
    // Test recordings too, so that none is exchanged before they are judged; their sound is not looked at yet.
    const contentHash = new Map([...this.hashesOf(parts.test), ...loaded.contentHash]);
    const used = new Set([...parts.train, ...parts.validation, ...parts.test]);
    const dataHash = hashRecordings(
      [...used].filter(({ id }) => contentHash.has(id)),
      contentHash,
    );
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
      split,
      parts,
      loaded,
      train,
      validation,
      result,
      weights,
      last,
      loadTest: () => this.load(parts.test),
      timings: this.timings,
      seed: config.seed,
      ...(this.options.chartTools ? { chartTools: this.options.chartTools } : {}),
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
      threads: this.options.threads,
      cache: this.options.cache,
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

  /** Of those whose file could be read. */
  private hashesOf(entries: AppliedSplit['train']): (readonly [string, string])[] {
    return entries.flatMap(({ id }) => {
      const hash = this.prepared.fileHash.get(id);
      return hash === undefined ? [] : [[id, hash] as const];
    });
  }

  /** What the split and the data set do not have in common, and copies. */
  private splitProblems(): DatasetProblem[] {
    const { parts, problems } = this.prepared;
    return [
      problemOf('split-unknown', 'recordings of the split are not in the data', parts.missing),
      problemOf('split-unassigned', 'recordings are in no part of the split and not used', parts.unassigned),
      ...problems,
    ].filter(({ count }) => count > 0);
  }

  private record(
    model: Model,
    loaded: LoadedRecordings,
    contentHash: ReadonlyMap<string, string>,
    hash: string,
  ): RunRecord {
    const { dataset, backend, threads } = this.options;
    const { split, parts } = this.prepared;
    const { train, validation, test, leaks } = parts;
    return {
      format: 'pcg-engine/run/1',
      status: 'started',
      config: this.config,
      classes: dataset.classes,
      data: {
        layout: dataset.layout,
        root: dataset.root,
        ...(dataset.label === undefined ? {} : { label: dataset.label }),
        hash,
        sha256: recordOf(contentHash),
        soundSha256: recordOf(loaded.soundHash),
        excluded: dataset.excluded,
        problems: [...dataset.problems, ...this.splitProblems()],
        skipped: loaded.skipped,
        warnings: loaded.warnings,
      },
      split: {
        hash: split.hash,
        seed: split.seed,
        ...(split.made ? { made: split.made } : {}),
        counts: { train: train.length, validation: validation.length, test: test.length },
        ...(leaks.length > 0 ? { leaks } : {}),
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
        trainedOn: { layout: record.data.layout, data: record.data.hash, split: this.prepared.split.hash },
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
