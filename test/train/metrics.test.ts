import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rocAuc } from '../../src/train/auc.ts';
import { computeMetrics, decide, mean, meanRecall, type Scored } from '../../src/train/metrics.ts';
import { errorOf } from './temporary.ts';

const score = (label: number, ...probabilities: number[]): Scored => ({
  label,
  probabilities,
  site: 's',
  group: 'g',
});
const binary = (label: number, positive: number) => score(label, 1 - positive, positive);

describe('two classes', () => {
  // By hand, threshold 0.5. Positives: 0.9 0.8 0.5 0.3; negatives: 0.7 0.4 0.3 0.2 0.1 0.05.
  // TP 3 (0.5 counts), FN 1, FP 1, TN 5. Of 24 pairs the positive is above in 6 + 6 + 5 and, for 0.3, above
  // three with one tie: 20.5.
  const scored = [
    ...[0.9, 0.8, 0.5, 0.3].map((p) => binary(1, p)),
    ...[0.7, 0.4, 0.3, 0.2, 0.1, 0.05].map((p) => binary(0, p)),
  ];

  it('agree with figures computed by hand', () => {
    const metrics = computeMetrics(scored, 2, 0.5);
    expect(metrics.confusion).toEqual([
      [5, 1],
      [1, 3],
    ]);
    expect(metrics.count).toBe(10);
    expect(metrics.countPerClass).toEqual([6, 4]);
    expect(metrics.accuracy).toBe(0.8);
    expect(metrics.precision).toBe(3 / 4);
    expect(metrics.recall).toBe(3 / 4);
    expect(metrics.specificity).toBe(5 / 6);
    expect(metrics.f1).toBe(6 / 8);
    expect(metrics.macc).toBe((5 / 6 + 3 / 4) / 2);
    expect(metrics.auc).toBe(20.5 / 24);
    expect(metrics.undefined).toEqual({});
    expect(metrics.perClass[0]).toEqual({
      precision: 5 / 6,
      recall: 5 / 6,
      specificity: 3 / 4,
      f1: 10 / 12,
      auc: 20.5 / 24,
    });
    expect(meanRecall(scored, 2, 0.5)).toBe(metrics.macc);
  });

  it('move with the threshold, but not the AUC', () => {
    const metrics = computeMetrics(scored, 2, 0.35);
    expect(metrics.confusion).toEqual([
      [4, 2],
      [1, 3],
    ]);
    expect(metrics.threshold).toBe(0.35);
    expect(metrics.auc).toBe(20.5 / 24);
  });

  it('are null with a reason where they are not defined, and never NaN', () => {
    const negatives = computeMetrics([binary(0, 0.2), binary(0, 0.1)], 2, 0.5);
    expect(negatives).toMatchObject({
      accuracy: 1,
      precision: null,
      recall: null,
      specificity: 1,
      f1: null,
      macc: null,
      auc: null,
    });
    expect(negatives.undefined).toEqual({
      precision: 'no recording was decided positive',
      recall: 'no recording of class 1',
      f1: 'no recording is positive or was decided positive',
      macc: 'no recording of class 1',
      auc: 'no recording of class 1',
    });
    const none = computeMetrics([], 2, 0.5);
    expect(none.undefined).toMatchObject({ accuracy: 'no recordings', auc: 'no recordings' });
    const missed = computeMetrics([binary(0, 0.2), binary(1, 0.1)], 2, 0.5);
    expect(missed).toMatchObject({ precision: null, recall: 0, f1: 0, macc: 0.5, auc: 0 });
    for (const metrics of [negatives, none, missed]) expect(JSON.stringify(metrics)).not.toContain('NaN');
  });
});

describe('three classes', () => {
  // True → decided, by hand: 0→0 0→0 0→1; 1→1 1→1; 2→0 2→2.
  const scored = [
    score(0, 0.6, 0.3, 0.1),
    score(0, 0.5, 0.2, 0.3),
    score(0, 0.2, 0.7, 0.1),
    score(1, 0.1, 0.8, 0.1),
    score(1, 0.3, 0.4, 0.3),
    score(2, 0.45, 0.15, 0.4),
    score(2, 0.1, 0.0, 0.9),
  ];

  it('agree with figures computed by hand', () => {
    const metrics = computeMetrics(scored, 3, 0.5);
    expect(metrics.confusion).toEqual([
      [2, 1, 0],
      [0, 2, 0],
      [1, 0, 1],
    ]);
    expect(metrics.threshold).toBeNull();
    expect(metrics.accuracy).toBe(5 / 7);
    const [first, second, third] = metrics.perClass;
    // Class 0 against the rest: 0.6 0.5 0.2 against 0.1 0.3 0.45 0.1: 4 + 4 + 2 of 12 pairs.
    expect(first).toEqual({ precision: 2 / 3, recall: 2 / 3, specificity: 3 / 4, f1: 4 / 6, auc: 10 / 12 });
    // Class 1: 0.8 0.4 against 0.3 0.2 0.7 0.15 0.0: 5 + 4 of 10.
    expect(second).toEqual({ precision: 2 / 3, recall: 1, specificity: 4 / 5, f1: 4 / 5, auc: 9 / 10 });
    // Class 2: 0.4 0.9 against 0.1 0.3 0.1 0.1 0.3: all of 10.
    expect(third).toEqual({ precision: 1, recall: 1 / 2, specificity: 1, f1: 2 / 3, auc: 1 });
    expect(metrics.macc).toBeCloseTo((2 / 3 + 1 + 1 / 2) / 3, 15);
    expect(metrics.recall).toBe(metrics.macc);
    expect(metrics.precision).toBeCloseTo((2 / 3 + 2 / 3 + 1) / 3, 15);
    expect(metrics.f1).toBeCloseTo((2 / 3 + 4 / 5 + 2 / 3) / 3, 15);
    expect(metrics.auc).toBeCloseTo((10 / 12 + 9 / 10 + 1) / 3, 15);
  });

  it('say which class is missing', () => {
    const metrics = computeMetrics(scored.slice(0, 5), 3, 0.5);
    expect(metrics.macc).toBeNull();
    expect(metrics.undefined.macc).toBe('no recording of class 2');
    expect(metrics.undefined.precision).toBe('a class was never decided on');
    expect(metrics.accuracy).toBe(4 / 5);
  });
});

describe('decide', () => {
  it('takes the threshold for two classes and the first of the most probable for more', () => {
    expect(decide([0.6, 0.4], 0.4)).toBe(1);
    expect(decide([0.6, 0.4], 0.41)).toBe(0);
    expect(decide([0.4, 0.4, 0.2], 0.9)).toBe(0);
  });

  it('refuses what is no number, and what does not fit the classes', () => {
    expect(errorOf(() => decide([Number.NaN, 1], 0.5)).code).toBe('metrics/not-finite');
    expect(errorOf(() => computeMetrics([score(2, 0.5, 0.5)], 2, 0.5)).code).toBe('metrics/classes');
    expect(errorOf(() => computeMetrics([score(0, 0.5, 0.5)], 3, 0.5)).code).toBe('metrics/classes');
  });
});

it('ranks both of two classes by the one probability that files keep', () => {
  // 1 − p is 1 for both, although the second is the likelier.
  const scored = [score(0, 1, 1e-18), score(1, 1, 1e-17)];
  expect(computeMetrics(scored, 2, 0.5).perClass.map(({ auc }) => auc)).toEqual([1, 1]);
});

describe('rocAuc', () => {
  const item = fc.record({ positive: fc.boolean(), score: fc.integer({ min: 0, max: 8 }).map((n) => n / 8) });

  it('is the share of pairs in the right order, ties half', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), (items) => {
        let pairs = 0;
        let right = 0;
        for (const a of items.filter((each) => each.positive)) {
          for (const b of items.filter((each) => !each.positive)) {
            pairs += 1;
            right += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
          }
        }
        const auc = rocAuc(
          items.map((each) => each.positive),
          items.map((each) => each.score),
        );
        expect(auc).toBe(pairs === 0 ? null : right / pairs);
      }),
      { seed: 1 },
    );
  });
});

it('mean is null where a figure is', () => {
  expect(mean([0.5, 1])).toBe(0.75);
  expect(mean([0.5, null])).toBeNull();
  expect(mean([])).toBeNull();
});
