/** Whole training runs, from the command line to the figures of the test part. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cpu } from 'pcg-engine';
import { defaultFeatureSettings } from 'pcg-engine/dsp';
import { buildModel } from 'pcg-engine/layers';
import {
  applySplit,
  type Dataset,
  defaultConfig,
  divisible,
  formatSplit,
  makeSplit,
  NO_AUGMENTATION,
  PARTS,
  type Part,
  type RecordingEntry,
  scanDataset,
  type TrainConfig,
  writeSynthFolder,
} from 'pcg-engine/train';
import { type Contestant, contest, type Missing } from './harness.ts';
import { CLI, ran } from './process.ts';
import { type Answer, type Bench, glanceOf, type Question } from './question.ts';

/** What one side said of a run, and what was seen of its process. */
interface Outcome {
  readonly auc: number;
  /** On validation, of the epoch that was kept. */
  readonly validation: number;
  readonly parameters: number;
  /** Seconds. */
  readonly timings: { readonly features: number; readonly training: number; readonly judging: number };
  /** MB */
  readonly peak: number;
}

/** What `train --json` says, as far as it is wanted here. */
interface TrainJson {
  readonly model: { readonly parameters: number };
  readonly bestEpoch: number;
  readonly test: { readonly pooled: { readonly auc: number } };
  readonly validation: { readonly pooled: { readonly auc: number } };
  readonly timings: Outcome['timings'];
}

let runs = 0;

/** `pcg-engine train` in a process of its own. */
function train(scratch: string, args: readonly string[]): Outcome & { readonly seconds: number } {
  const out = join(scratch, `run-${runs++}`);
  const threads = ['--device', 'cpu', '--threads', String(availableParallelism())];
  const whole = ran([CLI, 'train', ...args, ...threads, '--cache', 'off', '--quiet', '--json', '--out', out]);
  const { model, test, validation, timings } = JSON.parse(whole.stdout) as TrainJson;
  return {
    auc: test.pooled.auc,
    validation: validation.pooled.auc,
    parameters: model.parameters,
    timings,
    peak: whole.peak,
    seconds: whole.seconds,
  };
}

/** One run a turn; the last outcome is kept for the table. */
function contestant(name: string, run: () => Outcome, outcomes: Map<string, Outcome>): Contestant {
  return {
    name,
    turn: async () => {
      const start = performance.now();
      outcomes.set(name, run());
      return [(performance.now() - start) / 1e3];
    },
  };
}

async function compared(
  title: string,
  contestants: readonly (Contestant | Missing)[],
  outcomes: ReadonlyMap<string, Outcome>,
  rounds: number,
  notes: readonly string[],
): Promise<Answer> {
  const rows = await contest(contestants, { rounds, seconds: 0 });
  return {
    title,
    rows,
    grid: {
      head: ['', 'features', 'training', 'judging', 'peak memory', 'AUC validation', 'AUC test'],
      rows: [...outcomes].map(([name, { timings, peak, validation, auc }]) => [
        name,
        ...[timings.features, timings.training, timings.judging].map((seconds) => `${seconds.toFixed(1)} s`),
        `${peak.toFixed(0)} MB`,
        validation.toFixed(3),
        auc.toFixed(3),
      ]),
    },
    notes,
  };
}

/** The run as it is without any setting. */
async function asItIs(bench: Bench, args: readonly string[], title: string, rounds: number): Promise<Answer> {
  const outcomes = new Map<string, Outcome>();
  const ours = contestant('pcg-engine train', () => train(bench.scratch, args), outcomes);
  return compared(title, [ours], outcomes, rounds, []);
}

/** What both sides can do alike: without augmentation, and without removal of spikes, which librosa has not. */
function alike(epochs: number, windowSeconds: number): TrainConfig {
  return {
    ...defaultConfig,
    ...{ epochs, windowSeconds, patience: 0 },
    augment: NO_AUGMENTATION,
    features: { ...defaultFeatureSettings, removeSpikes: false },
  };
}

/** What our run begins with, so that the other side begins with the same. */
async function initialWeights(path: string, { model: name, seed, features }: TrainConfig, frames: number) {
  const backend = await cpu({ threads: 1 });
  const { bands } = features.logMel;
  const state = await buildModel({ name, bands, frames, classes: 2 }, { seed, backend }).state();
  await backend.close();
  const values = [...state.values()].flatMap((variable) => Array.from(variable.values));
  writeFileSync(path, Float32Array.from(values));
  return { path, index: [...state].map(([name, variable]) => [name, variable.values.length]) };
}

/** Which recordings are in which part, for both sides. */
async function divided(dataset: Dataset, seed: number) {
  const { recordings } = await divisible(dataset.recordings);
  const split = makeSplit(recordings, { seed, classes: dataset.classes });
  const parts = applySplit(split, dataset.recordings);
  const entries = (part: Part) =>
    parts[part].map(({ path, label, site }: RecordingEntry) => ({ path, label, site }));
  return { split, parts: Object.fromEntries(PARTS.map((part) => [part, entries(part)])) };
}

async function besidePyTorch(bench: Bench, data: string, config: TrainConfig, title: string, rounds: number) {
  const { pythonPath, scratch } = bench;
  const { split, parts } = await divided(scanDataset(data), config.seed);
  const folder = join(scratch, `alike-${runs++}`);
  mkdirSync(folder);
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const { sampleRate, logMel } = config.features;
  const frames = Math.round((config.windowSeconds * sampleRate) / logMel.hopLength);
  const request = file(
    'request.json',
    JSON.stringify({
      parts,
      config,
      frames,
      initial: await initialWeights(join(folder, 'initial.f32'), config, frames),
      threads: availableParallelism(),
      weights: join(folder, 'weights.pt'),
    }),
  );
  const outcomes = new Map<string, Outcome>();
  const args = ['--data', data];
  args.push('--config', file('config.json', JSON.stringify(config)));
  args.push('--split', file('split.json', formatSplit(split)));
  const ours = contestant('pcg-engine train', () => train(scratch, args), outcomes);
  const found = await bench.python();
  const name = 'PyTorch, librosa, SciPy';
  const theirs: Contestant | Missing =
    typeof found === 'string' || pythonPath === null
      ? { name, missing: typeof found === 'string' ? found : 'no Python given (--peers python=…)' }
      : contestant(name, () => python(pythonPath, request), outcomes);
  const answer = await compared(title, [ours, theirs], outcomes, rounds, [
    'The same recordings in each part, features, network, initial weights, optimiser, schedule, averaged weights and as ' +
      'many windows, epochs and validations; not the same random draws, so that figures differ as they do between seeds. ' +
      'Without augmentation and removal of spikes. Ours also looks for copies, hashes every recording, judges all three ' +
      'parts (theirs the test part), bootstraps intervals, writes tables and pictures. Theirs: peak memory of its main ' +
      'process alone; features are made by others.',
  ]);
  const counts = [...outcomes.values()].map(({ parameters }) => parameters);
  if (new Set(counts).size > 1)
    throw new Error(`training-run: networks of ${counts.join(' and ')} parameters`);
  return answer;
}

function python(executable: string, request: string): Outcome {
  const args = ['bench/peers/torch_train.py', request];
  const { status, error, stdout, stderr } = spawnSync(executable, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`torch_train.py: ${error ?? stderr.trim().slice(-2000)}`);
  const outcome = JSON.parse(stdout) as Outcome;
  return { ...outcome, peak: outcome.peak / 1e6 };
}

/** As many, and as long, as `train` makes up without --data. */
const SYNTHETIC = { recordings: 240, seconds: 8, seed: 1 };

async function* answers(bench: Bench): AsyncIterable<Answer> {
  if (!existsSync(CLI)) {
    const rows = [{ name: 'pcg-engine train', missing: `${CLI} is not there: npm run build` }];
    yield { title: 'Built-in synthetic recordings', rows };
    return;
  }
  const { all, data, scratch } = bench;
  const threads = `${availableParallelism()} threads`;
  const rounds = all ? 3 : 1;
  yield await asItIs(bench, [], `Built-in synthetic recordings, 12 epochs, ${threads}`, rounds);
  const folder = join(scratch, 'synthetic');
  await writeSynthFolder(folder, SYNTHETIC);
  const small = alike(12, 3);
  const title = `The same recordings as files, 12 epochs, ${threads}`;
  const beside = await besidePyTorch(bench, folder, small, title, rounds);
  const what = `Training run, ${SYNTHETIC.recordings} recordings of ${SYNTHETIC.seconds} s, 12 epochs, ${threads}`;
  yield { ...beside, glance: glanceOf(what, beside.rows ?? []) };
  if (!all || data === null) return;
  const real = `recordings given with --data, 20 epochs, ${threads}`;
  yield await asItIs(bench, ['--data', data, '--patience', '0'], `As it is: ${real}`, 1);
  yield await besidePyTorch(bench, data, alike(20, 5), `Beside PyTorch: ${real}`, 1);
}

export const trainingRunQuestion: Question = {
  name: 'training-run',
  title: 'Training runs',
  method:
    'Whole processes, from starting them to their end: reading recordings, features, training with a validation after ' +
    'every epoch, judging the test part with the best weights. Nothing is cached before. What the recordings are decides ' +
    'what an AUC is worth; those of synthetic recordings say nothing about patients.',
  run: answers,
};
