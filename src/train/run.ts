import { RunError, UsageError } from '../base/errors.ts';
import { buildModel, type Model } from '../layers/index.ts';
import type { Backend } from '../tensor/index.ts';
import type { RenderSvg } from './charts.ts';
import { resolveConfig, type TrainConfig, windowFrames } from './config.ts';
import { describeEnvironment, type Environment } from './environment.ts';
import type { EpochRecord } from './epoch.ts';
import { finishRun, type InterruptedRun, type RunSummary } from './finish.ts';
import { type FitHooks, type FitResult, fit, type StepReport } from './fit.ts';
import { hashRecordings } from './hash.ts';
import { Interruption } from './interruption.ts';
import { type LoadedRecordings, loadExamples, type SkippedRecording } from './load.ts';
import { writeModelFile } from './model-file.ts';
import { type Dataset, type LayoutName, requireTwoClasses } from './recording.ts';
import { createRunFolder, type RunFolder } from './runfolder.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { type AppliedSplit, applySplit, type Split } from './split.ts';
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

/** What `run.json` holds: how to do it again, and what came of it. */
export interface RunRecord {
  readonly format: 'pcg-engine/run/1';
  readonly status: 'started' | 'interrupted' | 'diverged' | 'finished';
  readonly reason?: string;
  readonly config: TrainConfig;
  readonly classes: readonly string[];
  readonly data: {
    readonly layout: LayoutName;
    readonly root: string;
    /** Over training and validation recordings while training, over all once finished. */
    readonly hash: string;
    readonly sha256: Readonly<Record<string, string>>;
    readonly excluded: Dataset['excluded'];
    readonly problems: Dataset['problems'];
    readonly skipped: readonly SkippedRecording[];
    readonly warnings: readonly string[];
  };
  readonly split: {
    readonly hash: string;
    readonly seed: number | null;
    readonly counts: Readonly<Record<string, number>>;
  };
  readonly model: {
    readonly name: string;
    readonly parameters: number;
    readonly bands: number;
    readonly frames: number;
  };
  readonly environment: Environment;
  /** Wall-clock seconds by phase. */
  readonly timings: Readonly<Record<string, number>>;
  readonly threshold?: number;
  readonly bestEpoch?: number;
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
 * Goes on with an interrupted run; the result has the same bits as without the interruption.
 * @param options `config` and `split` are taken from the run folder
 * @throws UsageError `run/not-interrupted` · RunError `run/data-changed`
 */
export async function resumeTraining(
  folder: RunFolder,
  options: Omit<RunOptions, 'out' | 'config'> & { readonly split: Split },
): Promise<RunSummary> {
  const record = folder.readJson('run') as RunRecord;
  if (record.status === 'finished' || !folder.has('checkpoint')) {
    const why = record.status === 'finished' ? 'its run is finished' : 'it has no checkpoint';
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
    const dataHash = hashRecordings(
      entriesOf([...parts.train, ...parts.validation], loaded),
      loaded.contentHash,
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
    const record = this.record('started', model, loaded, dataHash);
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
      const record = folder.readJson('run') as RunRecord;
      folder.writeJson('run', { ...record, status: 'interrupted', timings: this.timings });
    }
    return { status: 'interrupted', folder, resumable: folder.has('checkpoint') };
  }

  private load(entries: AppliedSplit['train']): Promise<LoadedRecordings> {
    const { onLoad, signal } = this.options.hooks ?? {};
    return loadExamples(entries, this.config.features, {
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
      ...(resuming ? { resume: readSafetensors(checkpoint) } : {}),
      onEpoch: (epoch) => {
        this.folder.events.append({ event: 'epoch', ...epoch });
        onEpoch?.(epoch);
      },
      onCheckpoint: ({ tensors, metadata }) => writeSafetensors(checkpoint, tensors, metadata),
    };
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

  private record(
    status: RunRecord['status'],
    model: Model,
    loaded: LoadedRecordings,
    hash: string,
  ): RunRecord {
    const { dataset, backend, threads } = this.options;
    const { train, validation, test } = this.parts;
    return {
      format: 'pcg-engine/run/1',
      status,
      config: this.config,
      classes: dataset.classes,
      data: {
        layout: dataset.layout,
        root: dataset.root,
        hash,
        sha256: Object.fromEntries(loaded.contentHash),
        excluded: dataset.excluded,
        problems: dataset.problems,
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
      environment: describeEnvironment(backend.name, threads),
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
