import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineError } from '../../src/base/errors.ts';
import { cpu } from '../../src/index.ts';
import type { Backend } from '../../src/tensor/index.ts';
import {
  type Leak,
  makeSplit,
  openRunFolder,
  type RunOptions,
  readPredictions,
  readRunRecord,
  readSplit,
  resumeTraining,
  runTraining,
  splitOf,
  synthDataset,
} from '../../src/train/index.ts';
import { chartTools } from '../../src/vendor/d3.ts';
import { temporaryFolder } from './temporary.ts';

const dataset = synthDataset({ recordings: 36, seconds: 4, seed: 3 });
const { recordings, classes } = dataset;
const config = { epochs: 1, batchSize: 8, windowSeconds: 2, warmupEpochs: 0.5 };
const clean = makeSplit(recordings, { seed: 1, classes });
const [trained, tested] = [clean.parts.train[0]!, clean.parts.test[0]!];
const sound = (id: string) => recordings.find((each) => each.id === id)!.samples;
/** The data set with the sound of a training recording under the name of a test recording. */
const twins = {
  ...dataset,
  recordings: recordings.map((each) => (each.id === tested ? { ...each, samples: sound(trained) } : each)),
};

let backend: Backend;
beforeAll(async () => {
  backend = await cpu({ threads: 1 });
});
afterAll(() => backend.close());

const options = (given: Partial<RunOptions> = {}): RunOptions => ({
  dataset,
  config,
  out: join(temporaryFolder(), 'run'),
  backend,
  threads: 1,
  ...given,
});

async function errorOf(action: Promise<unknown>): Promise<EngineError> {
  const error = await action.then(
    () => new Error('expected an error, got none'),
    (reason: unknown) => reason,
  );
  if (error instanceof EngineError) return error;
  throw error;
}

describe('a given split that leaks', () => {
  test('by subjects is refused before a folder is made', async () => {
    const { train, validation, test: held } = clean.parts;
    const group = recordings.find(({ id }) => id === tested)!.group;
    const others = recordings.filter((each) => each.group === group && each.id !== tested);
    const split = splitOf({ train: [...train, tested], validation, test: held });
    const given = options({ split, out: join(temporaryFolder({ 'a.txt': '' }), 'a.txt', 'run') });
    const error = await errorOf(runTraining(given));
    expect(error).toMatchObject({ code: 'split/leak', exitCode: 3 });
    if (others.length > 0) expect(error.message).toContain(`subject on two sides: ${group} (train + test)`);
    expect(error.message).toContain(`recording in two parts: ${tested} (train + test)`);
  });

  test('by the same file under two names is refused before any sound is used', async () => {
    let phases = 0;
    const given = options({ dataset: twins, split: clean, hooks: { onPhase: () => (phases += 1) } });
    const error = await errorOf(runTraining(given));
    expect(error).toMatchObject({ code: 'split/leak', exitCode: 3 });
    const [first, second] = [trained, tested].sort();
    expect(error.message).toContain(
      `1 file on two sides under different names: ${first} = ${second} (train + test)`,
    );
    expect(error.message).toContain('--allow-leaks');
    expect(phases).toBe(0);
    expect(existsSync(given.out)).toBe(false);
  });

  test('is taken where that is allowed, and the run says so in run.json and first in metrics.json', async () => {
    const told: (readonly Leak[])[] = [];
    const given = options({
      dataset: twins,
      split: clean,
      allowLeaks: true,
      hooks: { onLeaks: (leaks) => told.push(leaks) },
      chartTools,
    });
    await runTraining(given);
    const leak = { kind: 'same-file', names: [trained, tested].sort(), parts: ['train', 'test'] };
    expect(told).toEqual([[leak]]);
    const folder = openRunFolder(given.out);
    const record = readRunRecord(folder);
    expect(record.split.leaks).toEqual([leak]);
    expect(record.data.problems).toMatchObject([{ code: 'same-file', count: 2 }]);
    const metrics = JSON.parse(readFileSync(folder.file('metrics'), 'utf8')) as Record<string, unknown>;
    expect(Object.keys(metrics).slice(0, 2)).toEqual(['warning', 'leaks']);
    expect(metrics.warning).toMatch(/^too good to be true: the split leaks: 1 file on two sides/);
    expect(metrics.leaks).toEqual([leak]);
    expect(readFileSync(folder.file('confusion'), 'utf8')).toContain('the split leaks');
  });

  test('with a recording in all parts has it judged in each', async () => {
    const { train, validation, test: held } = clean.parts;
    const split = splitOf({ train, validation: [...validation, trained], test: [...held, trained] });
    const given = options({ split, allowLeaks: true });
    await runTraining(given);
    const folder = openRunFolder(given.out);
    const rows = readPredictions(folder.file('predictions'), classes).filter(
      ({ record }) => record === trained,
    );
    expect(rows.map(({ part }) => part).sort()).toEqual(['test', 'train', 'validation']);
    expect(new Set(rows.map(({ probabilities }) => probabilities[1])).size).toBe(1);
    expect(readRunRecord(folder).split.leaks).toContainEqual({
      kind: 'record-in-two-parts',
      names: [trained],
      parts: ['train', 'validation', 'test'],
    });
  });

  test('and was allowed goes on after an interruption, to the same figures', async () => {
    const common = { dataset: twins, split: clean, allowLeaks: true };
    const whole = options(common);
    await runTraining(whole);
    const controller = new AbortController();
    const stopped = options({
      ...common,
      hooks: { signal: controller.signal, onStep: () => controller.abort() },
    });
    expect(await runTraining(stopped)).toMatchObject({ status: 'interrupted' });
    const folder = openRunFolder(stopped.out);
    const split = readSplit(folder.file('split'));
    const resumed = await resumeTraining(folder, { dataset: twins, split, backend, threads: 1 });
    expect(resumed.status).toBe('finished');
    const metrics = (path: string) => readFileSync(join(path, 'metrics.json'), 'utf8');
    expect(metrics(stopped.out)).toBe(metrics(whole.out));
    expect(metrics(stopped.out)).toContain('too good to be true');
  });

  test.each([
    [3],
    [[{ kind: 'other', names: [], parts: [] }]],
    [[null]],
    [[{ kind: 'subject', names: [1] }]],
  ])('leaks %j in run.json are refused', async (leaks) => {
    const given = options({ dataset: twins, split: clean, allowLeaks: true });
    await runTraining(given);
    const folder = openRunFolder(given.out);
    const record = folder.readJson('run') as { split: object };
    folder.writeJson('run', { ...record, split: { ...record.split, leaks } });
    expect(() => readRunRecord(folder)).toThrow(/split\.leaks is missing or wrong/);
  });
});

describe('a split that is drawn', () => {
  test('keeps copies on one side, and says that they are there', async () => {
    const given = options({ dataset: twins });
    await runTraining(given);
    const folder = openRunFolder(given.out);
    const { parts } = readSplit(folder.file('split'));
    const sides = [parts.train, parts.validation, parts.test].filter(
      (ids) => ids.includes(trained) || ids.includes(tested),
    );
    expect(sides).toHaveLength(1);
    const record = readRunRecord(folder);
    expect(record.split).not.toHaveProperty('leaks');
    expect(record.split.made).toEqual({
      how: 'stratified',
      fractions: { train: 0.64, validation: 0.16, test: 0.2 },
    });
    expect(record.data.problems).toMatchObject([
      { code: 'same-file', count: 2, examples: [trained, tested].sort() },
    ]);
    expect(folder.readJson('metrics')).not.toHaveProperty('warning');
    // Subjects are those of the source all the same.
    const groups = readPredictions(folder.file('predictions'), classes).map(({ group }) => group);
    expect(new Set(groups)).toEqual(new Set(recordings.map(({ group }) => group)));
  });

  test('says which sounds have two labels', async () => {
    const other = recordings.find(({ label }) => label !== recordings[0]!.label)!;
    const contradictory = recordings.map((each) =>
      each.id === other.id ? { ...each, samples: recordings[0]!.samples } : each,
    );
    const given = options({ dataset: { ...dataset, recordings: contradictory } });
    await runTraining(given);
    const { problems } = readRunRecord(openRunFolder(given.out)).data;
    expect(problems.map(({ code, count }) => [code, count])).toEqual([
      ['same-file', 2],
      ['same-sound-two-labels', 2],
    ]);
  });

  test('an interruption while files are compared leaves nothing behind', async () => {
    const controller = new AbortController();
    const given = options({ hooks: { signal: controller.signal, onCheck: () => controller.abort() } });
    expect(await runTraining(given)).toMatchObject({ status: 'interrupted', resumable: false });
    expect(existsSync(given.out)).toBe(false);
  });
});
