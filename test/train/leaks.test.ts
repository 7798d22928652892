import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySplit } from '../../src/train/apply-split.ts';
import { copyProblems, findCopies, joinGroups } from '../../src/train/copies.ts';
import { describeLeaks, findLeaks, isLeak, refuseLeaks } from '../../src/train/leaks.ts';
import type { RecordingEntry } from '../../src/train/recording.ts';
import { PARTS, splitOf } from '../../src/train/split.ts';
import { makeSplit } from '../../src/train/stratify.ts';
import { entry } from './recordings.ts';
import { errorOf } from './temporary.ts';

const one = (id: string, more: Partial<RecordingEntry> = {}): RecordingEntry => ({
  ...entry(id, 0, 's', id),
  ...more,
});
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => one(id)) as [
  RecordingEntry,
  RecordingEntry,
  RecordingEntry,
  RecordingEntry,
];
const sides = { train: [b, a], validation: [c], test: [d] };
const hashes = (text: string) => new Map([...text].map((hash, i) => ['abcd'[i]!, hash]));

describe('findLeaks', () => {
  it('finds nothing where there is nothing', () => {
    expect(findLeaks(sides)).toEqual([]);
    expect(findLeaks(sides, { contentHash: hashes('2213'), soundHash: hashes('2213') })).toEqual([]);
    expect(findLeaks({ train: [], validation: [], test: [] })).toEqual([]);
  });

  it('finds a group on two sides', () => {
    const g = { group: 'g' };
    const parts = { train: [one('b', g), one('a', g)], validation: [c], test: [one('d', g)] };
    expect(findLeaks(parts)).toEqual([
      { kind: 'subject', subject: 'g', names: ['a', 'b', 'd'], parts: ['train', 'test'] },
    ]);
  });

  it('finds a patient on two sides whose groups do not tell, and does not say a group twice', () => {
    const p = { patient: 'p' };
    const parts = { train: [one('a', p)], validation: [one('c', p)], test: [one('d', { patient: 'q' })] };
    expect(findLeaks(parts)).toEqual([
      { kind: 'subject', subject: 'p', names: ['a', 'c'], parts: ['train', 'validation'] },
    ]);
    const both = { patient: 'p', group: 'g' };
    const known = { train: [one('a', both)], validation: [c], test: [one('d', both)] };
    expect(findLeaks(known)).toEqual([
      { kind: 'subject', subject: 'g', names: ['a', 'd'], parts: ['train', 'test'] },
    ]);
  });

  it('finds a recording in two parts', () => {
    expect(findLeaks({ ...sides, test: [d, c, a] })).toEqual([
      { kind: 'record-in-two-parts', names: ['a'], parts: ['train', 'test'] },
      { kind: 'record-in-two-parts', names: ['c'], parts: ['validation', 'test'] },
    ]);
  });

  it('finds the same file under two names', () => {
    expect(findLeaks(sides, { contentHash: hashes('2212') })).toEqual([
      { kind: 'same-file', names: ['a', 'b', 'd'], parts: ['train', 'test'] },
    ]);
    expect(findLeaks(sides, { contentHash: hashes('2121') }).map(({ names }) => names)).toEqual([
      ['a', 'c'],
      ['b', 'd'],
    ]);
  });

  it('finds the same samples in different files, and says what is the same file only once', () => {
    const soundHash = hashes('2223');
    const leak = { names: ['a', 'b', 'c'], parts: ['train', 'validation'] };
    expect(findLeaks(sides, { contentHash: hashes('1234'), soundHash })).toEqual([
      { kind: 'same-sound', ...leak },
    ]);
    expect(findLeaks(sides, { contentHash: hashes('1114'), soundHash })).toEqual([
      { kind: 'same-file', ...leak },
    ]);
    // b and c are one file, a is another with the same sound.
    expect(findLeaks(sides, { contentHash: hashes('1224'), soundHash })).toEqual([
      { kind: 'same-file', names: ['b', 'c'], parts: ['train', 'validation'] },
      { kind: 'same-sound', ...leak },
    ]);
  });

  it('finds subjects that are one because of recordings in no part', () => {
    const [r0, r4, r6] = [one('r0', { group: 'p1' }), one('r4', { group: 'q1' }), one('r6', { group: 'q1' })];
    const parts = { train: [r0, a], validation: [c], test: [r6, d] };
    const contentHash = new Map([
      ['r0', '1'],
      ['r4', '1'],
    ]);
    expect(findLeaks(parts, { contentHash })).toEqual([]);
    const leak = { kind: 'subject', subject: 'p1 = q1', names: ['r0', 'r6'], parts: ['train', 'test'] };
    expect(findLeaks(parts, { contentHash }, [r4])).toEqual([leak]);
    expect(findLeaks(parts, { soundHash: contentHash }, [a, r0, r4])).toEqual([leak]);
    expect(findLeaks(parts, {}, [r4])).toEqual([]);
    // A patient in two groups joins them as well, on whatever side.
    const linked = [one('x', { group: 'p1', patient: 'w' }), one('y', { group: 'q1', patient: 'w' })];
    expect(findLeaks(parts, {}, linked)).toEqual([leak]);
    // What is said by its files is not said again.
    const all = { train: [r0], validation: [c], test: [r6, r4] };
    expect(findLeaks(all, { contentHash }, [r4, d]).map(({ kind }) => kind)).toEqual(['same-file']);
    const split = splitOf({ train: ['r0', 'a'], validation: ['c'], test: ['r6', 'd'] });
    const error = errorOf(() => applySplit(split, [r0, a, c, r6, d, r4], { contentHash }));
    expect(error.message).toMatch(/^the split leaks: 1 subject on two sides: p1 = q1 \(train \+ test\)\. /);
  });

  it('does not depend on the order within the parts', () => {
    const few = fc.array(
      fc.record({
        id: fc.constantFrom(...'abcdefgh'),
        group: fc.constantFrom('g', 'h', 'i', 'j'),
        hash: fc.constantFrom('1', '2', '3', '4', '5'),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(few, fc.array(fc.nat(2), { minLength: 8, maxLength: 8 }), (drawn, where) => {
        const unique = [...new Map(drawn.map((each) => [each.id, each])).values()];
        const all = unique.map(({ id, group }) => one(id, { group }));
        const contentHash = new Map(unique.map(({ id, hash }) => [id, hash]));
        const partsOf = (list: readonly RecordingEntry[]) => {
          const part = (p: number) => list.filter(({ id }) => where['abcdefgh'.indexOf(id)] === p);
          return { train: part(0), validation: part(1), test: part(2) };
        };
        const leaks = findLeaks(partsOf(all), { contentHash });
        expect(findLeaks(partsOf([...all].reverse()), { contentHash })).toEqual(leaks);
        // As many groups leak as are on more than one side.
        const groups = [...new Set(all.map(({ group }) => group))].filter(
          (group) =>
            new Set(all.filter((each) => each.group === group).map(({ id }) => where['abcdefgh'.indexOf(id)]))
              .size > 1,
        );
        expect(leaks.filter(({ kind }) => kind === 'subject').map(({ subject }) => subject)).toEqual(
          groups.sort(),
        );
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});

describe('words for leaks', () => {
  const leaks = findLeaks(
    {
      train: [one('a', { group: 'g' }), one('b'), one('e'), one('f'), one('h')],
      validation: [one('c'), one('b')],
      test: [one('d', { group: 'g' })],
    },
    {
      contentHash: new Map(['a1', 'c1', 'e2', 'f2', 'h2', 'd2'].map((each) => [each[0]!, each[1]!])),
      soundHash: new Map([
        ['b', '9'],
        ['d', '9'],
      ]),
    },
  );

  it('say how many of each kind and which', () => {
    expect(describeLeaks(leaks)).toBe(
      '1 subject on two sides: g (train + test); ' +
        '1 recording in two parts: b (train + validation); ' +
        '2 files on two sides under different names: a = c (train + validation), d = e = 2 more (train + test); ' +
        '1 sound on two sides in different files: b = d (train + validation + test)',
    );
  });

  it('name a few of many', () => {
    const many = Array.from({ length: 9 }, (_, i) => one(`t${i}`, { group: `g${i}` }));
    const tested = many.map(({ group }, i) => one(`v${i}`, { group }));
    expect(describeLeaks(findLeaks({ train: many, validation: [], test: tested }))).toMatch(
      /^9 subjects on two sides: g0 \(train \+ test\), .* and 4 more$/,
    );
  });

  it('refuse with what to do, on one line whatever the names', () => {
    refuseLeaks([]);
    const error = errorOf(() =>
      refuseLeaks([{ kind: 'subject', subject: 'g\n\u001b[31m', names: ['x'], parts: ['train', 'test'] }]),
    );
    expect(error).toMatchObject({ code: 'split/leak', exitCode: 3 });
    expect(error.message).toContain('g\\n\\u{1b}[31m (train + test)');
    expect(error.message).toContain('or give --allow-leaks');
  });

  it('are read back from files', () => {
    expect((JSON.parse(JSON.stringify(leaks)) as unknown[]).every(isLeak)).toBe(true);
    for (const wrong of [null, 3, {}, { ...leaks[0], kind: 'x' }, { ...leaks[0], parts: 'train' }])
      expect(isLeak(wrong)).toBe(false);
  });
});

describe('copies', () => {
  const all = [a, b, { ...c, label: 1 }, { ...d, group: 'b' }];

  it('become one group under its first name, across other copies and patients', () => {
    const groupsOf = (list: readonly RecordingEntry[]) => list.map(({ group }) => group).join(' ');
    expect(groupsOf(joinGroups(all, []))).toBe('a b c b');
    expect(groupsOf(joinGroups(all, findCopies(all, { contentHash: hashes('1213') })))).toBe('a b a b');
    // a = c and c = d, so b, which is d's group, as well.
    const copies = findCopies(all, { contentHash: hashes('1213'), soundHash: hashes('1244') });
    expect(groupsOf(joinGroups(all, copies))).toBe('a a a a');
    const patients = [{ ...a, patient: 'p' }, b, { ...c, patient: 'p' }, d];
    expect(groupsOf(joinGroups(patients, []))).toBe('a b a d');
    expect(groupsOf(joinGroups(all, [{ kind: 'same-file', names: ['gone', 'a'] }]))).toBe('a b c b');
  });

  it('are said, and so are those with two labels', () => {
    const problems = (content: string, sound = '') =>
      copyProblems(all, findCopies(all, { contentHash: hashes(content), soundHash: hashes(sound) })).map(
        ({ code, count, examples }) => [code, count, examples.join(' ')],
      );
    expect(problems('1234')).toEqual([]);
    expect(problems('1134')).toEqual([['same-file', 2, 'a b']]);
    expect(problems('1134', '5556')).toEqual([
      ['same-file', 2, 'a b'],
      ['same-sound', 3, 'a b c'],
      ['same-sound-two-labels', 3, 'a b c'],
    ]);
  });

  it('never leak through a split that is drawn', () => {
    const drawn = fc.array(fc.tuple(fc.nat(30), fc.nat(12), fc.nat(20)), { minLength: 20, maxLength: 80 });
    fc.assert(
      fc.property(drawn, fc.nat(100), (rows, seed) => {
        const pure = [0, 0, 0, 1, 1, 1].map((label, i) => entry(`pure${i}`, label, 's', `pure${i}`));
        const mixed = rows.map(([group, , patient], i) => ({
          ...entry(`g${group}`, i % 2, 's', `r${i}`),
          ...(patient < 10 ? { patient: `p${patient}` } : {}),
        }));
        const everyone = [...pure, ...mixed];
        // Few contents, so that copies chain groups together.
        const contentHash = new Map(
          rows.map(([, content], i) => [`r${i}`, content < 6 ? `c${content}` : `${i}`]),
        );
        const joined = joinGroups(everyone, findCopies(everyone, { contentHash }));
        const { leaks, ...parts } = applySplit(makeSplit(joined, { seed }), everyone, { contentHash });
        expect(leaks).toEqual([]);
        expect(PARTS.flatMap((part) => parts[part]).length).toBe(everyone.length);
      }),
      { numRuns: 80, seed: 1 },
    );
  });
});
