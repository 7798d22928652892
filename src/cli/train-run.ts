import { join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { TrainConfig } from '../train/config.ts';
import { scanDataset } from '../train/dataset.ts';
import { type GpuEnvironment, gpuOf } from '../train/environment.ts';
import type { FinishedRun, RunSummary } from '../train/finish.ts';
import { countBySite, type Dataset } from '../train/recording.ts';
import { type RunHooks, resumeTraining, runTraining } from '../train/run.ts';
import { readRunRecord } from '../train/run-record.ts';
import { nextRunFolder, openRunFolder, type RunFolder } from '../train/runfolder.ts';
import { readSplit, type Split } from '../train/split.ts';
import { checkDevice, type Device, type DeviceName, openDevice } from './device.ts';
import { cacheLine, openCache, sayCacheWarnings } from './feature-cache.ts';
import { INTERRUPTED, type Io } from './io.ts';
import { leakWarning } from './leaks.ts';
import { scanOptions, shellWord } from './options.ts';
import { Progress } from './progress.ts';
import { builtInRecordings, SYNTHETIC_SETTINGS, SYNTHETIC_WARNING, syntheticBanner } from './synthetic.ts';
import { count, plural } from './table.ts';
import type { TrainOptions } from './train.ts';
import { configFrom } from './train-config.ts';
import { trainingHooks } from './train-progress.ts';
import { printResult, resultJson } from './train-result.ts';

/** What is to be done, once options, files and the run that is resumed agree. */
interface Job {
  readonly dataset: Dataset;
  readonly config: TrainConfig;
  readonly split?: Split;
  readonly allowLeaks: boolean;
  /** Run folder: to be made, or there to go on with. */
  readonly out: string;
  readonly resume?: RunFolder;
  readonly device: DeviceName;
  readonly storage: 'f32' | 'f16' | undefined;
  /** On which GPU the run was started. */
  readonly gpuBefore?: GpuEnvironment;
}

/** Options that make sense beside --resume: where the recordings are now, and how to run and talk. */
const WITH_RESUME = new Set([
  'resume',
  'data',
  'layout',
  'cache',
  'device',
  'threads',
  'json',
  'quiet',
  'debug',
]);

/** @param given names of the options that were given, as opposed to their defaults */
export async function train(options: TrainOptions, given: ReadonlySet<string>, io: Io): Promise<number> {
  const progress = new Progress(io, { quiet: options.quiet === true });
  checkDevice(options);
  const job = options.resume === undefined ? newJob(options) : resumedJob(options, options.resume, given);
  const device = await openDevice(
    { device: job.device, storage: job.storage, threads: options.threads },
    job.resume ? 'as before' : undefined,
  );
  try {
    const summary = await work(job, device, progress, options, io);
    progress.clear();
    return summary.status === 'finished'
      ? finished(summary, job, progress, options, io)
      : interrupted(summary, progress, options, io);
  } finally {
    progress.clear();
    await device.backend.close();
  }
}

function newJob(options: TrainOptions): Job {
  const { data, split, out, device, storage } = options;
  const config = configFrom(options, data === undefined ? SYNTHETIC_SETTINGS : {});
  return {
    dataset: data === undefined ? builtInRecordings() : scanDataset(data, scanOptions(options)),
    config,
    ...(split === undefined ? {} : { split: readSplit(split) }),
    allowLeaks: options.allowLeaks === true,
    out: out ?? nextRunFolder('runs'),
    device,
    storage,
  };
}

function resumedJob(options: TrainOptions, path: string, given: ReadonlySet<string>): Job {
  const fixed = [...given].filter((name) => !WITH_RESUME.has(name));
  if (fixed.length > 0) {
    const flags = fixed.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    const message = `--resume takes the settings of the run, so ${flags.join(', ')} cannot be given with it`;
    throw new UsageError('usage/resume', message, 'Leave them away, or start a new run');
  }
  const resume = openRunFolder(path);
  const record = readRunRecord(resume);
  const { environment } = record;
  const before = environment.device as DeviceName;
  if (options.device !== 'auto' && options.device !== before) {
    const message = `${path} was started on ${before}, so --device ${options.device} would not go on to the same bits`;
    throw new UsageError('usage/resume', message, 'Leave --device away');
  }
  const { layout, root, label } = record.data;
  const synthetic = layout === 'synthetic' && options.data === undefined;
  return {
    dataset: synthetic
      ? builtInRecordings()
      : scanDataset(options.data ?? root, {
          layout: given.has('layout') || layout === 'synthetic' ? options.layout : layout,
          usualLabel: label,
          classes: record.classes,
        }),
    config: record.config,
    split: readSplit(resume.file('split')),
    allowLeaks: true,
    out: path,
    resume,
    device: before,
    storage: environment.gpu?.storage,
    ...(environment.gpu ? { gpuBefore: environment.gpu } : {}),
  };
}

function announce(job: Job, device: Device, progress: Progress, options: TrainOptions): void {
  const { bold, yellow } = progress.style;
  const { dataset } = job;
  if (dataset.layout === 'synthetic') {
    if (options.quiet) progress.say(SYNTHETIC_WARNING);
    else progress.print(syntheticBanner((text) => bold(yellow(text))));
  }
  const label = (text: string) => bold(text.padEnd(8));
  const { recordings, classes } = dataset;
  const sites = countBySite(recordings, classes);
  const perClass = classes.map(
    (name, k) => `${count(recordings.filter((r) => r.label === k).length)} ${name}`,
  );
  const patients = new Set(recordings.map(({ patient }) => patient).filter((name) => name !== undefined));
  const people = patients.size > 0 ? ` of ${plural(patients.size, 'patient')}` : '';
  const labelled = dataset.label === undefined ? '' : `${dataset.label}: `;
  const positive = classes.length === 2 ? `; positive: ${classes[1]}` : '';
  const what = `${plural(recordings.length, 'recording')}${people} (${labelled}${perClass.join(', ')}${positive}), ${plural(sites.size, 'site')}`;
  progress.print(`${label('Data')} ${what}, ${dataset.root}`);
  progress.print(`${label('Run')} ${job.out}${job.resume ? ' (resumed)' : ''}`);
  progress.print(`${label('Device')} ${device.reason}`);
  const { gpuBefore } = job;
  const gpu = gpuOf(device.backend);
  if (gpuBefore && gpu && (gpuBefore.adapter !== gpu.adapter || gpuBefore.driver !== gpu.driver)) {
    const before = `${gpuBefore.adapter}, ${gpuBefore.driver}`;
    progress.say(
      `${yellow('note:')} this run was started on ${before}: another GPU or driver gives other bits.`,
    );
  }
}

async function work(
  job: Job,
  device: Device,
  progress: Progress,
  options: TrainOptions,
  io: Io,
): Promise<RunSummary> {
  const { dataset, config, split, allowLeaks, out, resume } = job;
  const { backend, threads } = device;
  const cache = openCache(options.cache, io);
  const watch = io.watchInterruption(() =>
    progress.say('Stopping after this step, with a checkpoint. Ctrl-C again stops at once.'),
  );
  try {
    const shown = trainingHooks(progress, config);
    const hooks: RunHooks = {
      ...shown,
      signal: watch.signal,
      onLeaks(leaks) {
        const { bold, red } = progress.style;
        progress.say(`${bold(red('warning:'))} ${leakWarning(leaks)}`);
      },
      onPhase(phase, detail) {
        // By now everything that could be wrong with options, labels and folders has been said.
        if (phase === 'features') announce(job, device, progress, options);
        const known = phase === 'training' ? cacheLine(cache) : undefined;
        if (known !== undefined) progress.print(`${progress.style.bold('Features')} ${known}`);
        shown.onPhase?.(phase, detail);
      },
    };
    const { chartTools } = await import('../vendor/d3.ts');
    const common = { dataset, backend, threads, chartTools, hooks, ...(cache ? { cache } : {}) };
    if (resume) return await resumeTraining(resume, { ...common, split: split! });
    return await runTraining({ ...common, config, out, ...(split ? { split, allowLeaks } : {}) });
  } finally {
    watch.release();
    sayCacheWarnings(cache, progress);
  }
}

function finished(summary: FinishedRun, job: Job, progress: Progress, options: TrainOptions, io: Io): number {
  const next = nextCommand(summary, job.dataset);
  if (options.json) io.stdout.write(`${JSON.stringify(resultJson(summary, next), null, 2)}\n`);
  printResult(summary, next, { progress, io, json: options.json === true, quiet: options.quiet === true });
  return summary.skipped.length > 0 ? 3 : 0;
}

/** Something that works as it stands: a recording of the test part where there are files, else the figures again. */
function nextCommand({ folder }: FinishedRun, dataset: Dataset): string {
  const run = shellWord(folder.path);
  if (dataset.layout === 'synthetic') return `npx pcg-engine evaluate ${run}`;
  const [first] = readSplit(folder.file('split')).parts.test;
  const path = dataset.recordings.find(({ id }) => id === first)?.path ?? join(dataset.root, 'FILE.wav');
  return `npx pcg-engine predict ${run} ${shellWord(path)}`;
}

function interrupted(
  { folder, resumable }: Extract<RunSummary, { status: 'interrupted' }>,
  progress: Progress,
  options: TrainOptions,
  io: Io,
): number {
  const resume = `npx pcg-engine train --resume ${shellWord(folder.path)}`;
  progress.say(
    resumable
      ? `Interrupted; a checkpoint is in ${folder.path}. Go on with: ${resume}`
      : `Interrupted before training began: nothing was trained and ${folder.path} was not kept.`,
  );
  if (options.json) {
    const document = {
      status: 'interrupted',
      run: resumable ? folder.path : null,
      ...(resumable ? { resume } : {}),
    };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  return INTERRUPTED;
}
