import { describe, it } from 'vitest';
import type { Shape } from '../../../src/kernels/backend.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import { runOp, type Sample } from '../reference/run-op.ts';
import { expectParity, sample } from './parity.ts';

const SHAPES = [[1], [5], [3, 1], [7, 2], [5, 3], [17, 4], [3, 5, 17], [1009, 64], [3, 20_011]];
const attributes = { epsilon: 1e-5 };

function outputsOf(shape: Shape): [Shape, Shape] {
  return [shape.slice(0, -1), shape.slice(-1)];
}

describe('layerNorm', () => {
  it.each(SHAPES.map((shape) => [shape]))('%j', async (shape) => {
    const [rows, row] = outputsOf(shape);
    const inputs = [sample(shape, -1, 3), sample(row, -2, 2, 2), sample(row, -2, 2, 3)];
    await expectParity('layerNorm', inputs, [shape, rows, rows], attributes, {
      relative: 1e-6,
      absolute: 2e-6,
    });
  });

  it('stays exact for values far from zero', async () => {
    const inputs = [sample([7, 33], 9999, 10_001), sample([33], 0.5, 2, 2), sample([33], -1, 1, 3)];
    await expectParity('layerNorm', inputs, [[7, 33], [7], [7]], attributes, {
      relative: 1e-5,
      absolute: 1e-5,
    });
  });
});

describe('layerNormBackward', () => {
  it.each(SHAPES.map((shape) => [shape]))('%j', async (shape) => {
    const [rows, row] = outputsOf(shape);
    const x = sample(shape, -1, 3);
    const gamma = sample(row, -2, 2, 2);
    const forward = [x, gamma, sample(row, 0, 1, 3)];
    const [, mean, variance] = await runOp(
      reference(),
      'layerNorm',
      forward,
      [shape, rows, rows],
      attributes,
    );
    const rounded = (values: number[] | undefined): Sample => ({
      shape: rows,
      values: Float32Array.from(values!),
    });
    const inputs = [x, sample(shape, -1, 1, 4), gamma, rounded(mean), rounded(variance)];
    const count = rows.reduce((a, b) => a * b, 1);
    // One value a row has no spread: x̂ is rounding error times 1/√ε.
    const spread = shape.at(-1) === 1 ? 1e-4 : 1e-5;
    const absolute = (output: number) => (output === 0 ? spread : 1e-6 * count);
    await expectParity('layerNormBackward', inputs, [shape, row, row], attributes, {
      relative: 1e-6,
      absolute,
    });
  });
});
