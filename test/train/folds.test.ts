import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySplit } from '../../src/train/apply-split.ts';
import { leaveOneSiteOut, makeFolds } from '../../src/train/folds.ts';
import type { RecordingEntry } from '../../src/train/recording.ts';
import { formatSplit, PARTS, parseSplit, type Split } from '../../src/train/split.ts';
import { cohort, entry } from './recordings.ts';
import { errorOf } from './temporary.ts';

const recordings = [
  ...cohort('a', 50, 4, (subject) => (subject % 4 === 0 ? 0 : 1)),
  ...cohort('b', 100, 2, (subject) => (subject % 5 === 0 ? 1 : 0)),
  ...cohort('c', 30, 1, (subject) => subject % 2),
];
const ids = (list: readonly RecordingEntry[]) => list.map(({ id }) => id).sort();

/** Subjects of any size, some with both classes and some at two sites, beside enough simple ones for k folds. */
const anySubjects = (least: number) =>
  fc
    .array(
      fc.array(fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.integer({ min: 0, max: 2 })), {
        minLength: 1,
        maxLength: 5,
      }),
      { minLength: 5, maxLength: 40 },
    )
    .map((subjects) => [
      ...['x', 'y', 'z'].flatMap((site) =>
        [0, 1, 2].flatMap((label) =>
          Array.from({ length: least }, (_, i) =>
            entry(`${site}${label}-${i}`, label, site, `${site}${label}-${i}`),
          ),
        ),
      ),
      ...subjects.flatMap((takes, i) =>
        takes.map(([site, label], take) => entry(`p${i}`, label, site, `p${i}-${take}`)),
      ),
    ]);

/** That the split uses every recording once, subjects on one side, all classes everywhere. */
function checkWhole(split: Split, all: readonly RecordingEntry[]): void {
  const applied = applySplit(split, all);
  expect(applied.missing).toEqual([]);
  expect(applied.unassigned).toEqual([]);
  expect(applied.train.length + applied.validation.length + applied.test.length).toBe(all.length);
  const labels = new Set(all.map(({ label }) => label)).size;
  for (const part of PARTS) expect(new Set(applied[part].map(({ label }) => label)).size).toBe(labels);
}

describe('makeFolds', () => {
  it('tests every recording once, with no subject on two sides and every class in every part', () => {
    fc.assert(
      fc.property(anySubjects(3), fc.integer({ min: 2, max: 6 }), fc.nat(1000), (all, folds, seed) => {
        const splits = makeFolds(all, { folds, seed });
        expect(splits).toHaveLength(folds);
        for (const split of splits) checkWhole(split, all);
        expect(splits.flatMap(({ parts }) => parts.test).sort()).toEqual(ids(all));
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('gives every fold its share of every class at every site, and validation a fifth of the rest', () => {
    const single = fc.array(fc.tuple(fc.constantFrom('x', 'y'), fc.nat(2)), {
      minLength: 60,
      maxLength: 200,
    });
    fc.assert(
      fc.property(single, fc.integer({ min: 2, max: 7 }), fc.nat(1000), (subjects, folds, seed) => {
        const all = [
          ...[0, 1, 2].flatMap((label) => Array.from({ length: 7 }, (_, i) => ['x', label, i] as const)),
          ...subjects.map(([site, label], i) => [site, label, i + 7] as const),
        ].map(([site, label, i]) => entry(`${site}${label}-${i}`, label, site, `${site}${label}-${i}`));
        for (const { parts } of makeFolds(all, { folds, seed })) {
          const [test, validation] = [new Set(parts.test), new Set(parts.validation)];
          for (const site of ['x', 'y']) {
            for (const label of [0, 1, 2]) {
              const stratum = all.filter((each) => each.site === site && each.label === label);
              const tested = stratum.filter(({ id }) => test.has(id)).length;
              const validated = stratum.filter(({ id }) => validation.has(id)).length;
              // A subject has one recording here; a whole number is off by less than one, and sites weigh in too.
              expect(Math.abs(tested - stratum.length / folds)).toBeLessThan(2);
              expect(Math.abs(validated - (stratum.length - tested) / 5)).toBeLessThan(2);
            }
          }
        }
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('says what it is, and reads back so', () => {
    const splits = makeFolds(recordings, { folds: 5, seed: 3 });
    expect(splits.map(({ seed, made }) => [seed, made])).toEqual(
      [1, 2, 3, 4, 5].map((fold) => [3, { how: 'k-fold', fold, folds: 5 }]),
    );
    for (const split of splits) expect(parseSplit(JSON.parse(formatSplit(split)), 'f')).toEqual(split);
  });

  it('is the same for the same seed, whatever the order of the recordings, and another for another', () => {
    const splits = makeFolds(recordings, { folds: 4, seed: 5 });
    expect(makeFolds([...recordings].reverse(), { folds: 4, seed: 5 })).toEqual(splits);
    const odd = [...recordings.filter((_, i) => i % 2 === 1), ...recordings.filter((_, i) => i % 2 === 0)];
    expect(makeFolds(odd, { folds: 4, seed: 5 })).toEqual(splits);
    expect(makeFolds(recordings, { folds: 4, seed: 6 })[0]!.hash).not.toBe(splits[0]!.hash);
  });

  it('does not depend on the order of subjects with several sites and classes', () => {
    fc.assert(
      fc.property(anySubjects(3), fc.nat(100), (all, seed) => {
        const order = [...all].sort((a, b) => (a.id.split('').reverse() < b.id.split('').reverse() ? -1 : 1));
        const hashes = (list: readonly RecordingEntry[]) =>
          makeFolds(list, { folds: 3, seed }).map((s) => s.hash);
        expect(hashes(order)).toEqual(hashes(all));
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('has stayed the same since it was written', () => {
    expect(makeFolds(recordings, { folds: 3, seed: 1 }).map(({ hash }) => hash)).toMatchInlineSnapshot(`
      [
        "3039898a603cbff019527b7c1ddadaf09aeff022c83c774d3d396ef34a9c2bf1",
        "1c2ed9105af455c88f95ebcdc848f600e21d689b4cb8fb089b6777add27d55a3",
        "ec239db3bcc74e209be16581529907760e62c5864ffdffe03592944142f59df4",
      ]
    `);
  });

  it.each([0, 1, -3, 2.5, Number.NaN, 1e20])('%d folds are refused', (folds) => {
    const error = errorOf(() => makeFolds(recordings, { folds, seed: 1 }));
    expect(error).toMatchObject({ code: 'split/folds', exitCode: 2 });
    expect(error.message).toContain('Give a whole number from 2 on');
  });

  it.each([-1, 0.5, Number.NaN])('the seed %d is refused', (seed) => {
    expect(errorOf(() => makeFolds(recordings, { folds: 3, seed })).code).toBe('split/seed');
    expect(errorOf(() => leaveOneSiteOut(recordings, { seed })).code).toBe('split/seed');
  });

  it('says which class has too few subjects for so many folds', () => {
    const few = [...cohort('a', 9, 2, () => 0), ...cohort('b', 4, 8, () => 1)];
    const error = errorOf(() => makeFolds(few, { folds: 5, seed: 1, classes: ['normal', 'abnormal'] }));
    expect(error).toMatchObject({ code: 'split/too-few-groups', exitCode: 3 });
    expect(error.message).toBe(
      'class "abnormal" has recordings of 4 subjects only. A split into 5 folds needs at least 5 subjects of every class',
    );
  });

  it('says so where a fold leaves too few to train and to validate', () => {
    const few = [...cohort('a', 8, 1, () => 0), ...cohort('b', 2, 1, () => 1)];
    const error = errorOf(() => makeFolds(few, { folds: 2, seed: 1 }));
    expect(error.code).toBe('split/too-few-groups');
    expect(error.message).toContain('without fold 1 of 2: class "1" has recordings of 1 subject only');
    expect(error.message).toContain('A split into train, validation needs at least 2 subjects');
  });
});

describe('leaveOneSiteOut', () => {
  it('tests each site once, with no subject on two sides', () => {
    fc.assert(
      fc.property(anySubjects(3), fc.nat(1000), (all, seed) => {
        const { splits, impossible } = leaveOneSiteOut(all, { seed });
        expect(impossible).toEqual([]);
        expect(splits.map(({ site }) => site)).toEqual(['x', 'y', 'z']);
        for (const { site, split, leftOut } of splits) {
          const here = all.filter((each) => each.site === site);
          const groups = new Set(here.map(({ group }) => group));
          expect(split.parts.test).toEqual(ids(here));
          // Those who were here and elsewhere are not trained on from there.
          const gone = all.filter((each) => each.site !== site && groups.has(each.group));
          expect(leftOut).toEqual(ids(gone));
          const applied = applySplit(split, all);
          expect([...applied.unassigned].sort()).toEqual(leftOut);
          const used = [...applied.train, ...applied.validation];
          expect(used.length + here.length + gone.length).toBe(all.length);
          for (const part of ['train', 'validation'] as const)
            expect(new Set(applied[part].map(({ label }) => label)).size).toBe(3);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('keeps the shares of the other sites and classes, and says what it is', () => {
    const { splits } = leaveOneSiteOut(recordings, { seed: 1 });
    expect(splits.map(({ split }) => [split.seed, split.made])).toEqual(
      ['a', 'b', 'c'].map((site) => [1, { how: 'leave-one-site-out', site }]),
    );
    for (const { site, split } of splits) {
      const validation = new Set(split.parts.validation);
      for (const other of ['a', 'b', 'c'].filter((each) => each !== site)) {
        for (const label of [0, 1]) {
          const stratum = recordings.filter((r) => r.site === other && r.label === label);
          const share = stratum.filter(({ id }) => validation.has(id)).length / stratum.length;
          expect(Math.abs(share - 0.2)).toBeLessThan(1 / 12);
        }
      }
    }
  });

  it('is the same whatever the order, and has stayed the same since it was written', () => {
    const { splits } = leaveOneSiteOut(recordings, { seed: 1 });
    expect(leaveOneSiteOut([...recordings].reverse(), { seed: 1 }).splits).toEqual(splits);
    expect(splits.map(({ split }) => split.hash)).toMatchInlineSnapshot(`
      [
        "1f98095ed791f2476c23572216fc34bbf38cb87bdc5afbd524d77e6cf7b33993",
        "d4fb33af784ab2d4d8f28b6d10a864dae1f817ad5fdb515c6c9df84ad058e076",
        "e15d4cbd3253cfce340ab383b0afc5080d3ec67be5abc045e5a2bafec51973cf",
      ]
    `);
  });

  it('needs two sites', () => {
    const error = errorOf(() =>
      leaveOneSiteOut(
        cohort('a', 9, 1, (i) => i % 2),
        { seed: 1 },
      ),
    );
    expect(error).toMatchObject({ code: 'split/too-few-sites', exitCode: 3 });
    expect(error.message).toContain('all 9 recordings are of one site ("a")');
    expect(errorOf(() => leaveOneSiteOut([], { seed: 1 })).code).toBe('split/too-few-sites');
  });

  it('a site with all recordings of a class, or nearly all, is said, and the others go on', () => {
    const all = [
      ...cohort('a', 10, 1, (i) => i % 2),
      ...cohort('b', 10, 1, (i) => i % 2),
      ...cohort('c', 10, 1, (i) => i % 3),
    ];
    const { splits, impossible } = leaveOneSiteOut(all, { seed: 1, classes: ['n', 'ab', 'rare'] });
    expect(splits.map(({ site }) => site)).toEqual(['a', 'b']);
    expect(impossible).toEqual([
      {
        site: 'c',
        reason: 'without site "c": no recording of class "rare" is left. That site cannot be left out',
      },
    ]);
    const nearly = [...all, entry('one', 2, 'a')];
    expect(leaveOneSiteOut(nearly, { seed: 1 }).impossible).toEqual([
      {
        site: 'c',
        reason: expect.stringContaining('without site "c": class "2" has recordings of 1 subject'),
      },
    ]);
  });

  it('where no site can be left out it says why', () => {
    const all = [...cohort('a', 9, 1, () => 0), ...cohort('b', 9, 1, () => 1)];
    const error = errorOf(() => leaveOneSiteOut(all, { seed: 1 }));
    expect(error.code).toBe('split/too-few-groups');
    expect(error.message).toContain('no site can be left out; without site "a": no recording of class "0"');
  });
});
