import { describe, expect, it } from 'vitest';
import type { Shape } from '../../../src/kernels/backend.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import { array, runOp, type Sample } from '../reference/run-op.ts';
import { expectParity, sample, uniform } from './parity.ts';

const CASES = [
  [[1], [0]],
  [[5], [0]],
  [[17], []],
  [[100_003], [0]],
  [[3, 5], [0]],
  [[3, 5], [1]],
  [[1009, 2], [0]],
  [[1009, 2], [1]],
  [[7, 1013], [1]],
  [[1013, 37], [0]],
  [[1013, 37], [1]],
  [[2, 40_009], [1]],
  [[40_009, 3], [0]],
  [[40_009, 16], [0]],
  [[5, 7, 11], [1]],
  [
    [5, 7, 11],
    [0, 2],
  ],
  [[5, 1, 11], [1]],
  [
    [8, 6, 31, 67],
    [0, 2, 3],
  ],
  [
    [8, 6, 31, 67],
    [2, 3],
  ],
  [
    [8, 6, 31, 67],
    [1, 3],
  ],
  [
    [8, 6, 31, 67],
    [0, 2],
  ],
  [
    [8, 6, 31, 67],
    [0, 1, 2, 3],
  ],
  [
    [2, 3, 4, 5, 6, 7],
    [0, 2, 4],
  ],
  [
    [2, 3, 4, 5, 6, 7],
    [1, 3, 5],
  ],
] as const;

function reduced(shape: Shape, axes: readonly number[]): number[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

describe('sum', () => {
  it.each(CASES)('%j over %j', async (shape, axes) => {
    const x = sample(shape);
    const attributes = { axes, keepDims: false };
    const size: Sample = { shape, values: Array.from(x.values as Float32Array, Math.abs) };
    const [scale] = await runOp(reference(), 'sum', [size], [reduced(shape, axes)], attributes);
    const absolute = (_: number, i: number) => 1e-7 * scale![i]!;
    await expectParity('sum', [x], [reduced(shape, axes)], attributes, { relative: 0, absolute });
  });

  it('loses nothing to cancellation, and gives 0 for nothing', async () => {
    const values = new Float32Array(30_000).fill(1e-3);
    values[0] = 1e7;
    values[29_999] = -1e7;
    const attributes = { axes: [0], keepDims: false };
    await expectParity('sum', [array([30_000], values)], [[]], attributes, { relative: 1e-6 });
    await expectParity('sum', [array([0, 3], [])], [[3]], attributes, { relative: 0 });
    await expectParity('max', [array([0, 3], [])], [[3]], attributes, { relative: 0 });
  });
});

describe('max', () => {
  it.each(CASES)('%j over %j', async (shape, axes) => {
    const attributes = { axes, keepDims: false };
    await expectParity('max', [sample(shape, -3, -1)], [reduced(shape, axes)], attributes, { relative: 0 });
  });

  it('keeps NaN and infinities', async () => {
    const values = uniform(9 * 35, -1, 1);
    values[3] = Number.NaN;
    values[35 + 34] = Number.NaN;
    values[70 + 5] = Infinity;
    values.fill(-Infinity, 105, 140);
    for (const axis of [0, 1]) {
      const attributes = { axes: [axis], keepDims: false };
      const [y] = await expectParity('max', [array([9, 35], values)], [[axis ? 9 : 35]], attributes, {
        relative: 0,
      });
      expect(y!.filter(Number.isNaN).length).toBe(2);
    }
  });
});
