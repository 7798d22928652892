import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RecordingEntry } from '../../src/train/recording.ts';
import {
  applySplit,
  duplicatesAcross,
  formatSplit,
  parseSplit,
  readSplit,
  splitHash,
  splitOf,
} from '../../src/train/split.ts';
import { entry } from './recordings.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

const recordings = [
  entry('p1', 0, 's', 'a'),
  entry('p1', 1, 's', 'b'),
  entry('p2', 0, 's', 'c'),
  entry('p3', 1, 's', 'd'),
];
const parts = { train: ['b', 'a'], validation: ['c'], test: ['d'] };

describe('a given split', () => {
  it('is applied, and says what it and the recordings do not share', () => {
    const applied = applySplit(splitOf({ ...parts, test: ['d', 'gone'] }), [
      ...recordings,
      entry('p9', 0, 's', 'new'),
    ]);
    expect(applied.train.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(applied.validation.map(({ id }) => id)).toEqual(['c']);
    expect(applied.test.map(({ id }) => id)).toEqual(['d']);
    expect(applied.missing).toEqual(['gone']);
    expect(applied.unassigned).toEqual(['new']);
  });

  it('is refused when a subject is on two sides', () => {
    const error = errorOf(() =>
      applySplit(splitOf({ train: ['a'], validation: ['c'], test: ['b', 'd'] }), recordings),
    );
    expect(error.code).toBe('split/leak');
    expect(error.message).toContain('1 subject on two sides: p1 (train + test)');
  });

  it('is refused when it names a recording twice', () => {
    const two = errorOf(() => applySplit(splitOf({ ...parts, test: ['d', 'c'] }), recordings));
    expect(two.code).toBe('split/duplicate');
    expect(two.message).toContain('in validation and in test');
    expect(errorOf(() => applySplit(splitOf({ ...parts, test: ['d', 'd'] }), recordings)).message).toContain(
      'twice in test',
    );
  });

  it('is refused when a part has nothing left', () => {
    const error = errorOf(() => applySplit(splitOf({ ...parts, validation: ['other'] }), recordings));
    expect(error.code).toBe('split/empty-part');
    expect(error.message).toContain('validation (1 named, none found)');
  });
});

describe('a split file', () => {
  it('reads back as it was written', () => {
    const split = splitOf(parts, 7);
    const root = temporaryFolder({ 'split.json': formatSplit(split) });
    expect(readSplit(join(root, 'split.json'))).toEqual(split);
    expect(split.parts.train).toEqual(['a', 'b']);
    expect(split.seed).toBe(7);
  });

  it('has a hash of the division alone', () => {
    expect(splitHash(parts)).toBe(splitHash({ ...parts, train: ['a', 'b'] }));
    expect(splitHash(parts)).toBe(splitOf(parts, 3).hash);
    expect(splitHash(parts)).not.toBe(splitHash({ ...parts, train: ['a'], test: ['b', 'd'] }));
    expect(splitHash(parts)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('may be made by hand, without seed and hash', () => {
    const split = parseSplit({ format: 'pcg-engine/split/1', parts }, 'mine.json');
    expect(split).toEqual(splitOf(parts, null));
  });

  it.each([
    ['split/invalid', []],
    ['split/invalid', { parts }],
    ['split/invalid', { format: 'pcg-engine/split/2', parts }],
    ['split/invalid', { format: 'pcg-engine/split/1', parts: { ...parts, test: undefined } }],
    ['split/invalid', { format: 'pcg-engine/split/1', parts: { ...parts, test: [1] } }],
    ['split/invalid', { format: 'pcg-engine/split/1', parts: { ...parts, holdout: [] } }],
    ['split/invalid', { format: 'pcg-engine/split/1', parts, seed: 'x' }],
    ['split/hash', { format: 'pcg-engine/split/1', parts, hash: '00' }],
  ])('%s: %j', (code, value) => {
    const error = errorOf(() => parseSplit(value, 'mine.json'));
    expect(error.code).toBe(code);
    expect(error.message).toContain('mine.json');
  });

  it('that is not JSON is named', () => {
    const root = temporaryFolder({ 'split.json': '{' });
    expect(errorOf(() => readSplit(join(root, 'split.json'))).code).toBe('json/invalid');
  });
});

it('content that is on two sides is found, whatever its names', () => {
  const [a, b, c, d] = recordings as [RecordingEntry, RecordingEntry, RecordingEntry, RecordingEntry];
  const sides = { train: [b, a], validation: [c], test: [d] };
  const hashes = (...each: string[]) => new Map(['a', 'b', 'c', 'd'].map((id, i) => [id, each[i]!] as const));
  expect(duplicatesAcross(sides, hashes('2', '2', '1', '3'))).toEqual([]);
  expect(duplicatesAcross(sides, hashes('2', '2', '1', '2'))).toEqual([
    { hash: '2', records: { train: ['b', 'a'], validation: [], test: ['d'] } },
  ]);
  expect(duplicatesAcross(sides, hashes('2', '1', '2', '1')).map(({ hash }) => hash)).toEqual(['1', '2']);
  expect(duplicatesAcross(sides, new Map())).toEqual([]);
});
