import { describe, expect, it } from 'vitest';
import { array } from '../reference/run-op.ts';
import { expectParity, sample } from './parity.ts';

const SHAPES = [[1], [5], [3, 1], [7, 2], [20_011, 2], [3, 4], [5, 5], [11, 17], [301, 257], [2, 3, 64]];

describe('along rows', () => {
  it.each(SHAPES.map((shape) => [shape]))('softmax of %j', async (shape) => {
    const [y] = await expectParity('softmax', [sample(shape, -9, 9)], [shape], {}, { relative: 2e-6 });
    const length = shape.at(-1)!;
    for (let start = 0; start < y!.length; start += length) {
      const sum = y!.subarray(start, start + length).reduce((a, b) => a + b, 0);
      expect(Math.abs(sum - 1)).toBeLessThan(1e-6);
    }
  });

  it.each(SHAPES.map((shape) => [shape]))('logSoftmax of %j', async (shape) => {
    await expectParity('logSoftmax', [sample(shape, -9, 9)], [shape], {}, { relative: 2e-6, absolute: 1e-6 });
  });

  it.each(SHAPES.map((shape) => [[1, ...shape].slice(-2)]))('softmaxCrossEntropy of %j', async (shape) => {
    const inputs = [sample(shape, -9, 9), sample(shape, 0, 1 / shape[1]!, 2)];
    const attributes = { divisor: shape[0]! - 0.25 };
    const tolerance = { relative: 2e-6, absolute: 1e-6 };
    await expectParity('softmaxCrossEntropy', inputs, [[]], attributes, tolerance);
    const g = array([], [1.75]);
    await expectParity('softmaxCrossEntropyBackward', [...inputs, g], [shape], attributes, tolerance);
  });

  it('does not overflow, and keeps NaN in its row', async () => {
    const rows = array([4, 3], [1e30, 0, -1e30, 200, 200, 100, -Infinity, 0, 0, Number.NaN, 1, 2]);
    await expectParity('softmax', [rows], [[4, 3]], {}, { relative: 2e-6, absolute: 1e-43 });
    await expectParity('logSoftmax', [rows], [[4, 3]], {}, { relative: 2e-6 });
    const targets = [1, 0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0, 1, 0, 0];
    const tolerance = { relative: 2e-6, absolute: 1e-6 };
    const losses: number[] = [];
    for (const count of [2, 3, 4]) {
      const inputs = [rows.values, targets].map((values) =>
        array([count, 3], Array.from(values).slice(0, 3 * count)),
      );
      const [loss] = await expectParity('softmaxCrossEntropy', inputs, [[]], { divisor: 2 }, tolerance);
      losses.push(loss![0]!);
      const all = [...inputs, array([], [1])];
      await expectParity('softmaxCrossEntropyBackward', all, [[count, 3]], { divisor: 2 }, tolerance);
    }
    expect(losses).toEqual([expect.closeTo(25.3466, 3), Infinity, Number.NaN]);
  });
});
