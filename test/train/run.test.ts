import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineError } from '../../src/base/errors.ts';
import { cpu } from '../../src/index.ts';
import type { Backend } from '../../src/tensor/index.ts';
import { readEvents } from '../../src/train/events.ts';
import {
  evaluateTestPart,
  type FinishedRun,
  loadModel,
  openRunFolder,
  type RunHooks,
  type RunOptions,
  readModelCard,
  readPredictions,
  readSplit,
  resumeTraining,
  runTraining,
  type Split,
  splitOf,
  synthDataset,
} from '../../src/train/index.ts';
import { chartTools } from '../../src/vendor/d3.ts';
import { temporaryFolder } from './temporary.ts';

const dataset = synthDataset({ recordings: 36, seconds: 4, seed: 3 });
const config = { epochs: 3, batchSize: 8, windowSeconds: 2, warmupEpochs: 0.5 };

let backend: Backend;
beforeAll(async () => {
  backend = await cpu({ threads: 1 });
});
afterAll(() => backend.close());

function options(given: Partial<RunOptions> = {}): RunOptions {
  return { dataset, config, out: join(temporaryFolder(), 'run'), backend, threads: 1, ...given };
}

async function finished(given: RunOptions): Promise<FinishedRun> {
  const run = await runTraining(given);
  if (run.status !== 'finished') throw new Error(`the run is ${run.status}`);
  return run;
}

async function errorOf(action: Promise<unknown>): Promise<EngineError> {
  const error = await action.then(
    () => new Error('expected an error, got none'),
    (reason: unknown) => reason,
  );
  if (error instanceof EngineError) return error;
  throw error;
}

/** What of a run must not depend on threads or interruptions. */
const bitsOf = (path: string) =>
  ['weights.safetensors', 'last.safetensors', 'predictions.csv', 'metrics.json', 'events.ndjson'].map(
    (name) => readFileSync(join(path, name)).toString('base64'),
  );

/** Interrupts a run at the moment `when` names, by aborting within the hook. */
function interruptAt(when: (abort: () => void) => RunHooks): RunHooks {
  const controller = new AbortController();
  return { ...when(() => controller.abort()), signal: controller.signal };
}

describe('a run', () => {
  let run: FinishedRun;
  beforeAll(async () => {
    run = await finished(options());
  });
  const record = () => run.folder.readJson('run') as Record<string, never>;

  test('leaves a whole folder and no checkpoint', () => {
    expect(readdirSync(run.folder.path)).toEqual([
      'events.ndjson',
      'last.safetensors',
      'metrics.json',
      'predictions.csv',
      'run.json',
      'split.json',
      'weights.safetensors',
    ]);
  });

  test('records what is needed to do it again', () => {
    expect(record()).toMatchObject({
      format: 'pcg-engine/run/1',
      status: 'finished',
      config: { model: 'pcg-lite', epochs: 3, batchSize: 8, seed: 1, features: { sampleRate: 2000 } },
      classes: ['normal', 'abnormal'],
      environment: { device: 'cpu', threads: 1, node: process.versions.node },
    });
    const { sha256, soundSha256 } = run.record.data;
    for (const hashes of [sha256, soundSha256!])
      expect(Object.keys(hashes)).toEqual(dataset.recordings.map(({ id }) => id));
    expect(new Set(Object.values(soundSha256!)).size).toBe(dataset.recordings.length);
    expect(Object.keys(record().timings)).toEqual(['checking', 'features', 'training', 'judging']);
    expect(readSplit(run.folder.file('split')).hash).toBe(run.record.split.hash);
  });

  test('judges every recording once, and no subject is on two sides', () => {
    const predictions = readPredictions(run.folder.file('predictions'), dataset.classes);
    expect(predictions.map(({ record }) => record)).toEqual(dataset.recordings.map(({ id }) => id));
    const sides = new Map<string, Set<string>>();
    for (const { group, part } of predictions)
      sides.set(group, (sides.get(group) ?? new Set<string>()).add(part));
    expect([...sides.values()].every((side) => side.size === 1)).toBe(true);
    expect(new Set(predictions.map(({ part }) => part)).size).toBe(3);
  });

  test('has an event an epoch', () => {
    const events = readEvents(run.folder.file('events'));
    expect(events.map(({ event, epoch }) => [event, epoch])).toEqual([
      ['epoch', 1],
      ['epoch', 2],
      ['epoch', 3],
    ]);
    expect(events.every(({ trainLoss }) => Number.isFinite(trainLoss))).toBe(true);
  });

  test('can be evaluated again from its predictions, with the same figures', () => {
    const { evaluation } = evaluateTestPart(run.folder, readModelCard(run.folder.path), 1);
    expect(evaluation).toEqual(run.test);
    expect(evaluation.baselines).toHaveProperty('majority');
    expect(evaluation.baselines).toHaveProperty('site-only');
  });

  test('its model is loadable from the folder and from the safetensors file alone', async () => {
    for (const path of [run.folder.path, run.folder.file('weights')]) {
      const loaded = loadModel(path, backend);
      expect(loaded.card.threshold).toBe(run.record.threshold);
      expect(loaded.card.features).toEqual(run.record.config.features);
      loaded.model.dispose();
    }
  });

  test('gives back all memory', async () => {
    const before = backend.memory();
    await finished(options({ config: { ...config, epochs: 1 } }));
    expect(backend.memory()).toEqual(before);
  });

  test('has the same bits again, and with two threads', async () => {
    const two = await cpu({ threads: 2 });
    try {
      const again = await finished(options({ backend: two, threads: 2 }));
      expect(bitsOf(again.folder.path)).toEqual(bitsOf(run.folder.path));
    } finally {
      await two.close();
    }
  });

  test('takes a split', async () => {
    const split = readSplit(run.folder.file('split'));
    const { train, validation, test } = split.parts;
    const given: Split = splitOf({ train, validation: test, test: validation });
    const other = await finished(options({ split: given, config: { ...config, epochs: 1 } }));
    expect(readSplit(other.folder.file('split')).parts.test).toEqual(validation);
    expect(other.record.split.seed).toBeNull();
  });

  test('draws charts where it is given what draws them', async () => {
    const { folder } = await finished(options({ chartTools, config: { ...config, epochs: 1 } }));
    expect(folder.has('confusion') && folder.has('curves')).toBe(true);
  });

  test.each<[string, (abort: () => void) => RunHooks]>([
    ['within an epoch', (abort) => ({ onStep: ({ epoch, step }) => epoch === 2 && step === 2 && abort() })],
    ['at the last step of an epoch', (abort) => ({ onStep: (s) => s.step === s.stepsPerEpoch && abort() })],
    ['between two epochs', (abort) => ({ onEpoch: ({ epoch }) => epoch === 2 && abort() })],
    ['after the last epoch', (abort) => ({ onEpoch: ({ epoch }) => epoch === 3 && abort() })],
    ['while judging', (abort) => ({ onPhase: (phase) => phase === 'judging' && abort() })],
  ])('interrupted %s goes on to the same bits', async (_, when) => {
    const given = options();
    const stopped = await runTraining({ ...given, hooks: interruptAt(when) });
    expect(stopped).toMatchObject({ status: 'interrupted', resumable: true });
    const folder = openRunFolder(given.out);
    expect(folder.readJson('run')).toMatchObject({ status: 'interrupted' });
    expect(folder.has('weights')).toBe(false);

    const split = readSplit(folder.file('split'));
    const resumed = await resumeTraining(folder, { dataset, split, backend, threads: 1 });
    expect(resumed.status).toBe('finished');
    expect(bitsOf(given.out)).toEqual(bitsOf(run.folder.path));
    expect(folder.has('checkpoint')).toBe(false);
  });

  test('interrupted before training leaves nothing behind', async () => {
    const given = options();
    const hooks = interruptAt((abort) => ({ onLoad: (done) => done === 3 && abort() }));
    expect(await runTraining({ ...given, hooks })).toMatchObject({ status: 'interrupted', resumable: false });
    expect(existsSync(given.out)).toBe(false);
  });

  test('that is finished cannot be resumed', async () => {
    const split = readSplit(run.folder.file('split'));
    const error = await errorOf(resumeTraining(run.folder, { dataset, split, backend, threads: 1 }));
    expect(error).toMatchObject({ code: 'run/not-interrupted', exitCode: 2 });
  });

  test('cannot be resumed with other recordings', async () => {
    const given = options();
    const hooks = interruptAt((abort) => ({ onStep: abort }));
    await runTraining({ ...given, hooks });
    const folder = openRunFolder(given.out);
    const split = readSplit(folder.file('split'));
    const other = synthDataset({ recordings: 36, seconds: 5, seed: 3 });
    const error = await errorOf(resumeTraining(folder, { dataset: other, split, backend, threads: 1 }));
    expect(error).toMatchObject({ code: 'run/data-changed' });
    expect(folder.has('checkpoint')).toBe(true);
  });
});

describe('wrong input', () => {
  test('a folder that is not empty is left alone', async () => {
    const out = temporaryFolder({ 'notes.txt': 'mine' });
    expect(await errorOf(runTraining(options({ out })))).toMatchObject({ code: 'run/exists', exitCode: 2 });
    expect(readdirSync(out)).toEqual(['notes.txt']);
  });

  test('one class is said before a folder is made', async () => {
    const recordings = dataset.recordings.filter(({ label }) => label === 0);
    const given = options({ dataset: { ...dataset, recordings } });
    expect(await errorOf(runTraining(given))).toMatchObject({ code: 'dataset/one-class', exitCode: 3 });
    expect(existsSync(given.out)).toBe(false);
  });

  test('one class on validation is said before training, and the folder goes', async () => {
    const { train, validation, test } = readSplit((await finished(options())).folder.file('split')).parts;
    const normal = new Set(dataset.recordings.filter(({ label }) => label === 0).map(({ id }) => id));
    const split = splitOf({ train, validation: validation.filter((id) => normal.has(id)), test });
    const given = options({ split });
    const error = await errorOf(runTraining(given));
    expect(error).toMatchObject({ code: 'dataset/one-class' });
    expect(error.message).toContain('validation part');
    expect(existsSync(given.out)).toBe(false);
  });

  test('a recording that is too short or not finite is skipped and said', async () => {
    const recordings = dataset.recordings.map((entry, i) =>
      i === 4
        ? { ...entry, samples: entry.samples.subarray(0, 500) }
        : i === 9
          ? { ...entry, samples: entry.samples.map((v, at) => (at === 100 ? Number.NaN : v)) }
          : entry,
    );
    const run = await finished(
      options({ dataset: { ...dataset, recordings }, config: { ...config, epochs: 1 } }),
    );
    expect(run.skipped.map(({ record }) => record).sort()).toEqual(['synth-0005', 'synth-0010']);
    expect(run.skipped.find(({ record }) => record === 'synth-0005')).toMatchObject({
      code: 'recording/too-short',
    });
    expect(run.record.data.sha256).not.toHaveProperty('synth-0010');
  });

  test('a loss that diverges before the first validation leaves no weights', async () => {
    const given = options({ config: { ...config, learningRate: 1e30, clipNorm: 0, epochs: 5 } });
    const error = await errorOf(runTraining(given));
    expect(error).toMatchObject({ code: 'fit/diverged', exitCode: 1 });
    expect(error.message).toContain('no weights to keep');
    const folder = openRunFolder(given.out);
    expect(folder.readJson('run')).toMatchObject({ status: 'diverged' });
    expect(folder.has('weights')).toBe(false);
  });

  test('a loss that diverges later leaves the best weights so far', async () => {
    let broken = false;
    // A device from which NaN is read once, after the first epoch.
    const faulty = new Proxy(backend, {
      get(target, name) {
        if (name === 'download' && broken) {
          broken = false;
          return async (_: unknown, count: number) => new Float32Array(count).fill(Number.NaN);
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const hooks: RunHooks = {
      onStep: ({ epoch }) => {
        broken = epoch === 2;
      },
    };
    const given = options({ backend: faulty, hooks });
    const error = await errorOf(runTraining(given));
    expect(error.message).toMatch(/diverged at epoch 2, step 2.*of epoch 1, are in .*weights\.safetensors/);
    const loaded = loadModel(given.out, backend);
    const values = [...(await loaded.model.state()).values()].flatMap((each) => [...each.values]);
    expect(values.every(Number.isFinite)).toBe(true);
    loaded.model.dispose();
    expect(openRunFolder(given.out).readJson('run')).toMatchObject({ status: 'diverged' });
  });

  test('an empty folder that is there is taken', async () => {
    const out = join(temporaryFolder(), 'run');
    mkdirSync(out);
    expect((await finished(options({ out, config: { ...config, epochs: 1 } }))).status).toBe('finished');
  });
});
