import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseThreshold } from '../../src/train/threshold.ts';
import { errorOf } from './temporary.ts';

const choose = (pairs: readonly (readonly [boolean, number])[]) =>
  chooseThreshold(
    pairs.map(([positive]) => positive),
    pairs.map(([, probability]) => probability),
  );

describe('chooseThreshold', () => {
  it('lies half-way between the recordings it separates', () => {
    expect(
      choose([
        [false, 0.1],
        [false, 0.2],
        [true, 0.4],
        [true, 0.9],
      ]),
    ).toEqual({ threshold: (0.2 + 0.4) / 2, macc: 1 });
  });

  it('weighs classes, not recordings', () => {
    // Nine negatives and one positive: missing the positive would cost half, two negatives cost 1/9.
    const negatives = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.5, 0.6].map((p) => [false, p] as const);
    const chosen = choose([...negatives, [true, 0.3]]);
    expect(chosen.threshold).toBe((0.1 + 0.3) / 2);
    expect(chosen.macc).toBeCloseTo((1 + 7 / 9) / 2, 15);
  });

  it('of equals takes the one nearest to 0.5, and of two as near the lower', () => {
    // Cuts at 0.15, 0.35 and 0.65 give MAcc 0.75, 0.5 and 0.75.
    expect(
      choose([
        [false, 0.1],
        [true, 0.2],
        [false, 0.5],
        [true, 0.8],
      ]).threshold,
    ).toBe((0.5 + 0.8) / 2);
    const even = choose([
      [false, 0.125],
      [true, 0.375],
      [false, 0.625],
      [true, 0.875],
    ]);
    expect(even).toEqual({ threshold: 0.25, macc: 0.75 });
  });

  it('is 0.5 where all probabilities are equal', () => {
    expect(
      choose([
        [false, 0.2],
        [true, 0.2],
      ]),
    ).toEqual({ threshold: 0.5, macc: 0.5 });
  });

  it('separates neighbouring doubles', () => {
    const low = 0.3;
    const high = 0.3 + 2 ** -54;
    expect(high).toBeGreaterThan(low);
    expect(
      choose([
        [false, low],
        [true, high],
      ]),
    ).toEqual({ threshold: high, macc: 1 });
  });

  it('separates them too where the middle rounds down', () => {
    expect((0.5 + (0.5 + 2 ** -53)) / 2).toBe(0.5);
    const chosen = choose([
      [false, 0.5],
      [true, 0.5 + 2 ** -53],
    ]);
    expect(chosen).toEqual({ threshold: 0.5 + 2 ** -53, macc: 1 });
  });

  it('reaches the highest MAcc of all thresholds that call recordings differently', () => {
    const item = fc.tuple(
      fc.boolean(),
      fc.integer({ min: 0, max: 10 }).map((n) => n / 10),
    );
    fc.assert(
      fc.property(fc.array(item, { minLength: 2, maxLength: 30 }), (extra) => {
        const pairs = [[true, 0.6] as const, [false, 0.4] as const, ...extra];
        const maccAt = (threshold: number) => {
          const rate = (wanted: boolean) => {
            const of = pairs.filter(([positive]) => positive === wanted);
            return of.filter(([, p]) => p >= threshold === wanted).length / of.length;
          };
          return (rate(true) + rate(false)) / 2;
        };
        const chosen = choose(pairs);
        const best = Math.max(
          ...pairs.filter(([, p]) => p > Math.min(...pairs.map(([, q]) => q))).map(([, p]) => maccAt(p)),
        );
        expect(maccAt(chosen.threshold)).toBeCloseTo(chosen.macc, 12);
        expect(chosen.macc).toBeCloseTo(best, 12);
      }),
      { seed: 1 },
    );
  });

  it('needs both classes and real numbers', () => {
    const error = errorOf(() =>
      choose([
        [true, 0.2],
        [true, 0.3],
      ]),
    );
    expect(error.code).toBe('threshold/one-class');
    expect(error.message).toContain('2 positive and 0 negative');
    expect(
      errorOf(() =>
        choose([
          [true, Number.NaN],
          [false, 0.3],
        ]),
      ).code,
    ).toBe('threshold/not-finite');
  });
});
