import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applySplit } from '../../src/train/apply-split.ts';
import { formatSplit, parseSplit, readSplit, splitHash, splitOf } from '../../src/train/split.ts';
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

  it('is refused when it names a recording twice in a part', () => {
    const error = errorOf(() => applySplit(splitOf({ ...parts, test: ['d', 'd'] }), recordings));
    expect(error.code).toBe('split/duplicate');
    expect(error.message).toContain('"d" twice in test');
  });

  it('is refused when it has a recording in two parts', () => {
    const error = errorOf(() => applySplit(splitOf({ ...parts, test: ['d', 'c'] }), recordings));
    expect(error.code).toBe('split/leak');
    expect(error.message).toContain('1 recording in two parts: c (validation + test)');
  });

  it('that leaks is applied where that is allowed, and says what leaks', () => {
    const split = splitOf({ train: ['a', 'c'], validation: ['c'], test: ['b', 'd'] });
    const applied = applySplit(split, recordings, { allowLeaks: true });
    expect(applied.train.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(applied.validation.map(({ id }) => id)).toEqual(['c']);
    expect(applied.leaks).toEqual([
      { kind: 'subject', subject: 'p1', names: ['a', 'b'], parts: ['train', 'test'] },
      { kind: 'record-in-two-parts', names: ['c'], parts: ['train', 'validation'] },
    ]);
    // What is wrong besides is still refused.
    const twice = splitOf({ train: ['a', 'b', 'c', 'c'], validation: ['c'], test: ['d'] });
    expect(errorOf(() => applySplit(twice, recordings, { allowLeaks: true })).code).toBe('split/duplicate');
    const none = splitOf({ train: ['a', 'c'], validation: ['c'], test: [] });
    expect(errorOf(() => applySplit(none, recordings, { allowLeaks: true })).code).toBe('split/empty-part');
  });

  it('with nothing on two sides says so', () => {
    expect(applySplit(splitOf(parts), recordings).leaks).toEqual([]);
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
