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

  it('may say how it was drawn, which changes nothing of its hash', () => {
    const made = [
      { how: 'stratified', fractions: { train: 0.5, validation: 0.25, test: 0.25 } },
      { how: 'k-fold', fold: 2, folds: 5 },
      { how: 'leave-one-site-out', site: '' },
    ] as const;
    for (const each of made) {
      const split = splitOf(parts, 7, each);
      expect(split.hash).toBe(splitOf(parts).hash);
      expect(parseSplit(JSON.parse(formatSplit(split)), 'mine.json')).toEqual(split);
    }
    expect(splitOf(parts, 7)).not.toHaveProperty('made');
  });

  it('written before splits said how they were drawn is read', () => {
    const text = `{"format": "pcg-engine/split/1", "seed": 7, "parts": {"train": ["a", "b"], "validation": ["c"],
      "test": ["d"]}, "hash": "${splitHash(parts)}"}`;
    expect(parseSplit(JSON.parse(text), 'old.json')).toEqual(splitOf(parts, 7));
  });

  it('has had the same hash since it was written', () => {
    expect(splitHash(parts)).toMatchInlineSnapshot(
      `"9f3072e833aa66d2680b7fdf020c52f62ebfea3d93cbe38b147d1fab26a30bd6"`,
    );
  });

  it.each([
    [null, '"made" is not an object'],
    [{}, '"made.how" is none of stratified, k-fold, leave-one-site-out'],
    [{ how: 'random' }, '"made.how" is none of'],
    [{ how: 'k-fold', fold: 0 }, '"made.fold" is not a whole number from 1 on'],
    [{ how: 'k-fold', fold: 6, folds: 5 }, '"made.fold" is 6 of 5'],
    [{ how: 'k-fold', folds: 1.5 }, '"made.folds" is not a whole number'],
    [{ how: 'leave-one-site-out', site: 3 }, '"made.site" is not a name'],
    [{ how: 'stratified', fractions: 0.2 }, '"made.fractions.train" is not a share'],
    [{ how: 'stratified', fractions: { train: 0.5, validation: 2, test: 0 } }, '"made.fractions.validation"'],
  ])('with a wrong "made" %j is refused', (made, words) => {
    const error = errorOf(() => parseSplit({ format: 'pcg-engine/split/1', parts, made }, 'mine.json'));
    expect(error).toMatchObject({ code: 'split/invalid', exitCode: 3 });
    expect(error.message).toContain(`mine.json: ${words}`);
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
