import { describe, expect, it } from 'vitest';
import { majorityBaseline, siteBaseline } from '../../src/train/baselines.ts';
import { bootstrapByGroup } from '../../src/train/bootstrap.ts';
import { evaluateScored } from '../../src/train/evaluation.ts';
import { toJson } from '../../src/train/json.ts';
import { mean, type Scored } from '../../src/train/metrics.ts';

const classes = ['normal', 'abnormal'];
const many = (site: string, label: number, count: number) =>
  Array.from({ length: count }, () => ({ site, label }));
/** Site a: 7 of 10 abnormal; b: 3 of 10; c: 1 of 20. In all 11 of 40. */
const train = [
  ...many('a', 1, 7),
  ...many('a', 0, 3),
  ...many('b', 1, 3),
  ...many('b', 0, 7),
  ...many('c', 1, 1),
  ...many('c', 0, 19),
];
const scored = (site: string, group: string, label: number, positive: number): Scored => ({
  site,
  group,
  label,
  probabilities: [1 - positive, positive],
});
const test = [
  scored('a', 'p1', 1, 0.9),
  scored('a', 'p2', 0, 0.4),
  scored('b', 'p3', 1, 0.3),
  scored('b', 'p4', 0, 0.6),
  scored('c', 'p5', 0, 0.1),
  scored('c', 'p6', 0, 0.2),
];

describe('baselines', () => {
  it('majority: always the most frequent class of training', () => {
    const baseline = majorityBaseline(train, classes);
    expect(baseline.probabilities('a')).toEqual([1, 0]);
    expect(baseline.rule).toContain('always "normal"');
  });

  it('site only: shares by site, cut where MAcc on training is highest', () => {
    const baseline = siteBaseline(train, classes);
    expect(baseline.probabilities('a')).toEqual([0.3, 0.7]);
    expect(baseline.probabilities('c')).toEqual([19 / 20, 1 / 20]);
    expect(baseline.probabilities('elsewhere')).toEqual([29 / 40, 11 / 40]);
    // Abnormal at a and b: (10/11 + 19/29) / 2 = 0.78; at a alone: (7/11 + 26/29) / 2 = 0.77.
    expect(baseline.threshold).toBeCloseTo((0.05 + 0.3) / 2, 15);
    expect(baseline.rule).toBe('"abnormal" at a, b, else "normal"');
  });

  it('site only, over two classes: the most probable at the site', () => {
    const three = [...many('a', 2, 3), ...many('a', 0, 1), ...many('b', 1, 2)];
    expect(siteBaseline(three, ['x', 'y', 'z']).probabilities('a')).toEqual([0.25, 0, 0.75]);
  });
});

describe('evaluateScored', () => {
  const evaluation = evaluateScored(test, { classes, threshold: 0.5, train, seed: 1, resamples: 200 });

  it('gives pooled figures and figures within each site', () => {
    expect(evaluation.pooled.confusion).toEqual([
      [3, 1],
      [1, 1],
    ]);
    // Positives 0.9 and 0.3 against 0.4 0.6 0.1 0.2: 4 + 2 of 8 pairs.
    expect(evaluation.pooled.auc).toBe(6 / 8);
    expect(Object.keys(evaluation.perSite)).toEqual(['a', 'b', 'c']);
    expect(evaluation.perSite.a!.auc).toBe(1);
    expect(evaluation.perSite.b!.auc).toBe(0);
    expect(evaluation.perSite.c!.auc).toBeNull();
    expect(evaluation.siteMean).toEqual({ auc: { value: 0.5, sites: 2 }, macc: { value: 0.5, sites: 2 } });
  });

  it('judges the baselines on the same recordings', () => {
    const { majority, 'site-only': site } = evaluation.baselines;
    expect(majority!.metrics.confusion).toEqual([
      [4, 0],
      [2, 0],
    ]);
    expect(majority!.metrics.macc).toBe(0.5);
    expect(site!.metrics.confusion).toEqual([
      [2, 2],
      [0, 2],
    ]);
    expect(site!.metrics.macc).toBe(0.75);
  });

  it('is JSON without losses, and the same every time', () => {
    expect(JSON.parse(toJson(evaluation))).toEqual(evaluation);
    expect(evaluateScored(test, { classes, threshold: 0.5, train, seed: 1, resamples: 200 })).toEqual(
      evaluation,
    );
  });

  it('has no intervals where none are wanted', () => {
    const plain = evaluateScored(test, { classes, threshold: 0.5, train, seed: 1, resamples: 0 });
    expect(plain.intervals).toEqual({ auc: null, macc: null });
  });
});

describe('bootstrapByGroup', () => {
  const values = (count: number, each: number) =>
    Array.from({ length: count * each }, (_, i) => ({ group: `g${i % count}`, value: i % count }));
  const average = (sample: readonly { value: number }[]) => mean(sample.map(({ value }) => value));

  it('covers the figure about as the standard error says', () => {
    // Mean of 0…99: standard deviation 28.87, standard error 2.887, so 95 % within 49.5 ± 5.66.
    const interval = bootstrapByGroup(values(100, 1), average, { seed: 1 })!;
    expect(interval.low).toBeGreaterThan(49.5 - 7);
    expect(interval.low).toBeLessThan(49.5 - 4.5);
    expect(interval.high).toBeGreaterThan(49.5 + 4.5);
    expect(interval.high).toBeLessThan(49.5 + 7);
    expect(interval).toMatchObject({ level: 0.95, resamples: 1000 });
  });

  it('does not become narrower by repeating recordings of the same subjects', () => {
    const once = bootstrapByGroup(values(30, 1), average, { seed: 1 });
    expect(bootstrapByGroup(values(30, 10), average, { seed: 1 })).toEqual(once);
  });

  it('draws whole subjects', () => {
    const drawn: string[] = [];
    const note = (sample: readonly { group: string; value: number }[]) => {
      drawn.push(
        sample
          .map(({ group }) => group)
          .sort()
          .join(' '),
      );
      return 0;
    };
    bootstrapByGroup(values(2, 2), note, { seed: 1, resamples: 50 });
    expect(new Set(drawn)).toEqual(new Set(['g0 g0 g0 g0', 'g0 g0 g1 g1', 'g1 g1 g1 g1']));
  });

  it('is null with one subject, or where the figure is mostly undefined', () => {
    expect(bootstrapByGroup(values(1, 9), average, { seed: 1 })).toBeNull();
    expect(bootstrapByGroup(values(9, 1), () => null, { seed: 1 })).toBeNull();
  });
});
