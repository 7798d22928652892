import { describe, expect, it } from 'vitest';
import { array } from '../reference/run-op.ts';
import { expectParity, sample } from './parity.ts';

const tolerance = { relative: 1e-6 };

describe('dropout', () => {
  it.each([
    [[1], 0.5],
    [[17], 0.3],
    [[16_387], 0.1],
    [[5, 40_009], 0.5],
    [[7, 3], 0],
    [[7, 3], 1],
    [[100], 0.9999999999],
  ])('drops the same elements of %j as the reference, p = %d', async (shape, p) => {
    for (const [seed, stream, step] of [
      [0, 0, 0],
      [123_456_789_012_345, 7, 4_000_000_000],
    ] as const) {
      const attributes = { p, seed, stream, step, perChannel: false };
      await expectParity('dropout', [sample(shape, 1, 2)], [shape], attributes, tolerance);
    }
  });

  it.each([[[3, 5]], [[9, 7, 5]], [[2, 4, 67, 131]], [[31, 19, 4, 8]], [[700, 3, 2, 5]]])(
    'drops the same channels of %j as the reference',
    async (shape) => {
      const attributes = { p: 0.4, seed: 99, stream: 2, step: 3, perChannel: true };
      await expectParity('dropout', [sample(shape, 1, 2)], [shape], attributes, tolerance);
    },
  );

  it('turns dropped NaN into 0 and keeps the others', async () => {
    const attributes = { p: 0.5, seed: 1, stream: 1, step: 1, perChannel: false };
    const x = array([1000], new Float32Array(1000).fill(Number.NaN));
    const [y] = await expectParity('dropout', [x], [[1000]], attributes, tolerance);
    expect(new Set(y)).toEqual(new Set([0, Number.NaN]));
  });
});
