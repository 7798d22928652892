/** Run folders, checkpoints and settings that somebody or something has damaged: a typed error, nothing lost. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError, EngineError, UsageError } from '../../src/base/errors.ts';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import type { Backend } from '../../src/tensor/index.ts';
import { resolveConfig } from '../../src/train/config.ts';
import { readEvents } from '../../src/train/events.ts';
import {
  loadModel,
  openRunFolder,
  readRunRecord,
  readSafetensors,
  readSplit,
  resumeTraining,
  runTraining,
  splitOf,
  synthDataset,
  writeSafetensors,
} from '../../src/train/index.ts';
import { createRunFolder } from '../../src/train/runfolder.ts';
import { temporaryFolder } from './temporary.ts';

const dataset = synthDataset({ recordings: 36, seconds: 4, seed: 3 });
const config = { epochs: 3, batchSize: 8, windowSeconds: 2 };

let backend: Backend;
beforeAll(async () => {
  backend = await cpu({ threads: 1 });
});
afterAll(() => backend.close());

/** A run stopped after its second epoch. */
async function interrupted(): Promise<string> {
  const out = join(temporaryFolder(), 'run');
  const stop = new AbortController();
  const hooks = {
    signal: stop.signal,
    onEpoch: ({ epoch }: { epoch: number }) => epoch === 2 && stop.abort(),
  };
  const { status } = await runTraining({ dataset, config, out, backend, threads: 1, hooks });
  expect(status).toBe('interrupted');
  return out;
}

async function resume(path: string, data = dataset) {
  const folder = openRunFolder(path);
  return resumeTraining(folder, {
    dataset: data,
    split: readSplit(folder.file('split')),
    backend,
    threads: 1,
  });
}

async function failure(action: Promise<unknown>): Promise<EngineError> {
  const error = await action.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EngineError);
  return error as EngineError;
}

describe('run.json', () => {
  it.each([
    ['null', /the record/],
    ['{}', /format/],
    ['[]', /the record/],
    ['5', /the record/],
    ['{"format":"pcg-engine/run/1"}', /status/],
    ['{"format":"pcg-engine/run/1","status":"finished","classes":["a","b"]}', /config/],
    [
      '{"format":"pcg-engine/run/1","status":"finished","classes":["a","b"],"config":{"epochs":-1}}',
      /epochs is -1/,
    ],
    ['{"format":"pcg-engine/run/1","status":"finished","classes":["a","b"],"config":{},"data":{}}', /data/],
    [
      '{"format":"pcg-engine/run/1","status":"finished","classes":["a","b"],"config":{},"data":{"layout":"csv","root":"","sha256":{},"soundSha256":[]}}',
      /data\.soundSha256/,
    ],
  ])('%s is refused, naming what is wrong', (text, message) => {
    const path = temporaryFolder();
    writeFileSync(join(path, 'run.json'), text);
    expect(() => readRunRecord(openRunFolder(path))).toThrow(DataError);
    expect(() => readRunRecord(openRunFolder(path))).toThrow(message);
  });
});

describe('a checkpoint', () => {
  it.each([
    ['null', 'checkpoint/state'],
    ['{}', 'checkpoint/state'],
    [
      '{"epoch":2,"stepInEpoch":0,"lossSum":0,"history":null,"optimizerSteps":8,"bestEpoch":1,"bestScore":1}',
      'checkpoint/state',
    ],
    [
      '{"epoch":-3,"stepInEpoch":0,"lossSum":0,"history":[],"optimizerSteps":8,"bestEpoch":0,"bestScore":null}',
      'checkpoint/state',
    ],
    ['not json', 'json/invalid'],
  ])('with the state %s is refused, and nothing is written', async (state, code) => {
    const path = await interrupted();
    const file = join(path, 'checkpoint.safetensors');
    const { tensors, metadata } = readSafetensors(file);
    writeSafetensors(file, tensors, { ...metadata, state });
    expect((await failure(resume(path))).code).toBe(code);
    expect(existsSync(join(path, 'weights.safetensors'))).toBe(false);
  });

  it.each([
    ['optimizer.m.head.bias', 'checkpoint/optimizer', /no m\.head\.bias of shape \[2\]/],
    ['model.head.bias', 'checkpoint/model', /head\.bias has shape \[3\] in the weights and \[2\]/],
    ['average.head.bias', 'checkpoint/average', /head\.bias has shape \[3\] in the weights and \[2\]/],
  ])('with %s of another shape is refused', async (name, code, message) => {
    const path = await interrupted();
    const file = join(path, 'checkpoint.safetensors');
    const { tensors, metadata } = readSafetensors(file);
    const changed = new Map(tensors);
    changed.set(name, { dtype: 'F32', shape: [3], data: new Float32Array(3) });
    writeSafetensors(file, changed, metadata);
    const error = await failure(resume(path));
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ code, exitCode: 3 });
    expect(error.message).toMatch(message);
  });

  it('with an optimiser that is missing something, or of another type, is refused', async () => {
    const path = await interrupted();
    const file = join(path, 'checkpoint.safetensors');
    const { tensors, metadata } = readSafetensors(file);
    const changed = new Map(tensors);
    changed.delete('optimizer.v.head.bias');
    writeSafetensors(file, changed, metadata);
    expect(await failure(resume(path))).toMatchObject({ code: 'checkpoint/optimizer', exitCode: 3 });
    changed.set('optimizer.v.head.bias', { dtype: 'I32', shape: [2], data: new Int32Array(2) });
    writeSafetensors(file, changed, metadata);
    expect(await failure(resume(path))).toMatchObject({ code: 'checkpoint/optimizer', exitCode: 3 });
  });

  it('brings the log back to its epochs', async () => {
    const path = await interrupted();
    const events = join(path, 'events.ndjson');
    const lines = readFileSync(events, 'utf8');
    writeFileSync(events, `${lines + lines.trim().split('\n')[1]!.replace('"epoch":2', '"epoch":3')}\n`);
    await resume(path);
    expect(readEvents(events).map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  });
});

describe('resuming', () => {
  it('refuses a test recording that was exchanged', async () => {
    const path = await interrupted();
    const [id] = readSplit(join(path, 'split.json')).parts.test;
    const recordings = dataset.recordings.map((each) =>
      each.id === id ? { ...each, samples: each.samples.map((x) => -x) } : each,
    );
    expect((await failure(resume(path, { ...dataset, recordings }))).code).toBe('run/data-changed');
  });

  it('refuses a split that was changed', async () => {
    const path = await interrupted();
    const { parts } = readSplit(join(path, 'split.json'));
    openRunFolder(path).writeSplit(splitOf({ ...parts, train: parts.train.slice(1) }));
    expect((await failure(resume(path))).code).toBe('run/split-changed');
  });
});

it('a split that does not fit is noted in run.json', async () => {
  const ids = dataset.recordings.map(({ id }) => id);
  const full = (
    await runTraining({
      dataset,
      config: { ...config, epochs: 1 },
      out: join(temporaryFolder(), 'a'),
      backend,
      threads: 1,
    })
  ).folder;
  const { parts } = readSplit(full.file('split'));
  const split = splitOf({ ...parts, train: [...parts.train.slice(2), 'nobody'] });
  const out = join(temporaryFolder(), 'b');
  await runTraining({ dataset, config: { ...config, epochs: 1 }, split, out, backend, threads: 1 });
  const { problems } = readRunRecord(openRunFolder(out)).data;
  expect(problems.map(({ code, count }) => [code, count])).toEqual([
    ['split-unknown', 1],
    ['split-unassigned', 2],
  ]);
  expect(ids).toContain(problems[1]!.examples[0]);
});

it('a model card that was changed is refused', async () => {
  const out = join(temporaryFolder(), 'run');
  await runTraining({ dataset, config: { ...config, epochs: 1 }, out, backend, threads: 1 });
  const file = join(out, 'weights.safetensors');
  const { tensors, metadata } = readSafetensors(file);
  const card = JSON.parse(metadata.card!) as Record<string, unknown>;
  const changes = [
    { threshold: 2 },
    { classes: ['a', 'a'] },
    { classes: [1, 2] },
    { trainedOn: null },
    { model: { ...(card.model as object), frames: 1e9 } },
    { model: { ...(card.model as object), bands: 32 } },
    { features: null },
  ];
  for (const change of changes) {
    writeSafetensors(file, tensors, { ...metadata, card: JSON.stringify({ ...card, ...change }) });
    expect(() => loadModel(out, backend), JSON.stringify(change)).toThrow(EngineError);
  }
});

it.each([
  [{ windowSeconds: 0.1 }, /has 4 frames, and models need 8/],
  [{ augment: null }, /augment is null/],
  [{ augment: { ...resolveConfig({}).augment, mixup: 1e-12 } }, /Give 0, or at least 0\.01/],
  [{ augment: { ...resolveConfig({}).augment, timeMasks: 1e9 } }, /timeMasks/],
  [{ cropsPerRecording: 1e7 }, /cropsPerRecording/],
  [{ windowSeconds: 100000 }, /windowSeconds/],
])('settings %j are refused', (given, message) => {
  expect(() => resolveConfig(given as never)).toThrow(UsageError);
  expect(() => resolveConfig(given as never)).toThrow(message);
});

it('a hop that skips sound is refused', () => {
  const { features } = resolveConfig({});
  const given = { features: { ...features, logMel: { ...features.logMel, hopLength: 100000 } } };
  expect(() => resolveConfig(given)).toThrow(/hop of 100000 samples skips sound/);
});

it('a folder that a failed start made goes again, one that was there stays', () => {
  const base = temporaryFolder();
  createRunFolder(join(base, 'nest', 'a')).discard();
  expect(existsSync(join(base, 'nest'))).toBe(false);
  mkdirSync(join(base, 'mine'));
  createRunFolder(join(base, 'mine')).discard();
  expect(existsSync(join(base, 'mine'))).toBe(true);
});
