import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySplit } from '../../src/train/apply-split.ts';
import type { RecordingEntry } from '../../src/train/recording.ts';
import { PARTS } from '../../src/train/split.ts';
import { makeSplit } from '../../src/train/stratify.ts';
import { cohort, entry } from './recordings.ts';
import { errorOf } from './temporary.ts';

const recordings = [
  ...cohort('a', 50, 4, (subject) => (subject % 4 === 0 ? 0 : 1)),
  ...cohort('b', 100, 2, (subject) => (subject % 5 === 0 ? 1 : 0)),
  ...cohort('c', 30, 1, (subject) => subject % 2),
];

/** Share of the (site, label) recordings that a part has. */
function share(part: readonly RecordingEntry[], site: string, label: number): number {
  const count = (list: readonly RecordingEntry[]) =>
    list.filter((r) => r.site === site && r.label === label).length;
  return count(part) / count(recordings);
}

/** Σ (count − target)² / target over parts, of recordings by site and class and of subjects by site. */
function chiSquare(all: readonly RecordingEntry[], partOf: ReadonlyMap<string, string>): number {
  const first = all.filter((r, index) => all.findIndex((each) => each.group === r.group) === index);
  const strata = [
    ...all.map((r) => [`${r.site} ${r.label}`, partOf.get(r.group)!] as const),
    ...first.map((r) => [r.site, partOf.get(r.group)!] as const),
  ];
  let total = 0;
  for (const stratum of new Set(strata.map(([name]) => name))) {
    const members = strata.filter(([name]) => name === stratum);
    for (const [part, fraction] of Object.entries({ train: 0.64, validation: 0.16, test: 0.2 })) {
      const target = members.length * fraction;
      total += (members.filter(([, side]) => side === part).length - target) ** 2 / target;
    }
  }
  return total;
}

describe('makeSplit', () => {
  it('keeps the shares of every site and class, 64/16/20', () => {
    const applied = applySplit(makeSplit(recordings, { seed: 1 }), recordings);
    expect(applied.unassigned).toEqual([]);
    const wanted = { train: 0.64, validation: 0.16, test: 0.2 };
    for (const part of PARTS) {
      for (const site of ['a', 'b', 'c']) {
        for (const label of [0, 1]) {
          // The smallest stratum has twelve subjects: a share is off by at most one of them.
          expect(Math.abs(share(applied[part], site, label) - wanted[part])).toBeLessThan(1 / 12);
        }
      }
    }
  });

  it('is the same for the same seed, whatever the order, and another for another', () => {
    const split = makeSplit(recordings, { seed: 5 });
    expect(makeSplit([...recordings].reverse(), { seed: 5 })).toEqual(split);
    expect(makeSplit(recordings, { seed: 6 }).hash).not.toBe(split.hash);
    expect(split.seed).toBe(5);
  });

  it('has stayed the same since it was written', () => {
    expect(makeSplit(recordings, { seed: 1 }).hash).toMatchInlineSnapshot(
      `"c508c75c6e216f04c545110ce269b9274dc20a2ec607ffec321f3be46b68bff4"`,
    );
  });

  it('never puts a subject on two sides, uses every recording once, and gives every part every class', () => {
    const subject = fc.record({
      site: fc.constantFrom('x', 'y', 'z'),
      labels: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 6 }),
    });
    fc.assert(
      fc.property(fc.array(subject, { minLength: 12, maxLength: 60 }), fc.nat(1000), (subjects, seed) => {
        const pure = [0, 0, 0, 1, 1, 1].map((label, index) =>
          entry(`pure-${index}`, label, 'x', `pure-${index}`),
        );
        const mixed = subjects.flatMap(({ site, labels }, index) =>
          labels.map((label, take) => entry(`p${index}`, label, site, `p${index}-${take}`)),
        );
        const all = [...pure, ...mixed];
        const applied = applySplit(makeSplit(all, { seed }), all);
        expect(applied.unassigned).toEqual([]);
        expect(applied.missing).toEqual([]);
        for (const part of PARTS) expect(new Set(applied[part].map((r) => r.label)).size).toBe(2);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('leaves no single subject whose move would even the shares out better', () => {
    const random = fc.array(fc.tuple(fc.constantFrom('x', 'y'), fc.nat(1), fc.integer({ min: 1, max: 9 })), {
      minLength: 15,
      maxLength: 40,
    });
    fc.assert(
      fc.property(random, fc.nat(100), (subjects, seed) => {
        const all = [
          ...cohort('x', 5, 2, (subject) => subject % 2),
          ...cohort('y', 5, 2, (subject) => subject % 2),
          ...subjects.flatMap(([site, label, size], index) =>
            Array.from({ length: size }, (_, take) => entry(`p${index}`, label, site, `p${index}-${take}`)),
          ),
        ];
        const { parts } = makeSplit(all, { seed });
        const partOf = new Map(PARTS.flatMap((part) => parts[part].map((id) => [id, part] as const)));
        const groups = [...new Set(all.map(({ group }) => group))];
        const assigned = new Map(all.map((r) => [r.group, partOf.get(r.id)!]));
        const found = chiSquare(all, assigned);
        for (const group of groups) {
          for (const part of PARTS) {
            const moved = new Map(assigned).set(group, part);
            const kept = PARTS.every(
              (each) =>
                new Set(all.filter((r) => moved.get(r.group) === each).map((r) => r.label)).size === 2,
            );
            if (kept) expect(chiSquare(all, moved)).toBeGreaterThan(found - 1e-6);
          }
        }
      }),
      { numRuns: 15, seed: 1 },
    );
  });

  it('works with the fewest subjects that it can: three a class', () => {
    const few = [...cohort('a', 3, 5, () => 0), ...cohort('b', 3, 1, () => 1)];
    const applied = applySplit(makeSplit(few, { seed: 2 }), few);
    for (const part of PARTS) expect(new Set(applied[part].map((r) => r.label)).size).toBe(2);
  });

  it('says which class has too few subjects', () => {
    const few = [...cohort('a', 9, 2, () => 0), ...cohort('b', 2, 8, () => 1)];
    const error = errorOf(() => makeSplit(few, { seed: 1, classes: ['normal', 'abnormal'] }));
    expect(error.code).toBe('split/too-few-groups');
    expect(error.message).toContain('class "abnormal" has recordings of 2 subjects only');
    expect(error.exitCode).toBe(3);
  });

  it('says so where subjects with both classes leave too little choice', () => {
    // Every class has three subjects, but one of them has both: some part goes without.
    const tangled = [entry('p', 0), entry('p', 1), entry('q', 0), entry('r', 1)];
    expect(errorOf(() => makeSplit(tangled, { seed: 1 })).code).toBe('split/too-few-groups');
  });

  it('takes other shares, and refuses ones that make no sense', () => {
    const fractions = { train: 0.5, validation: 0.25, test: 0.25 };
    const split = makeSplit(recordings, { seed: 1, fractions });
    expect(split.parts.train.length / recordings.length).toBeCloseTo(0.5, 1);
    for (const bad of [0, 0.3, Number.NaN]) {
      const error = errorOf(() => makeSplit(recordings, { seed: 1, fractions: { ...fractions, test: bad } }));
      expect(error.code).toBe('split/fractions');
    }
  });
});
