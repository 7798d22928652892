import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../src/base/errors.ts';
import type { Shape } from '../../../src/kernels/backend.ts';
import { indices } from '../reference/run-op.ts';
import { expectParity, sample } from './parity.ts';

/** Moving values changes none. */
const exact = { relative: 0 };

function permuted(shape: Shape, axes: readonly number[]): number[] {
  return axes.map((axis) => shape[axis]!);
}

describe('broadcastTo', () => {
  it.each([
    [[], [5]],
    [[1], [40_009]],
    [
      [3, 1],
      [3, 7],
    ],
    [
      [1, 7],
      [3, 7],
    ],
    [
      [2, 1, 3, 1],
      [2, 5, 3, 17],
    ],
    [
      [6, 1, 1],
      [4, 6, 37, 53],
    ],
  ])('%j to %j', async (from, to) => {
    await expectParity('broadcastTo', [sample(from)], [to], { shape: to }, exact);
  });
});

describe('permute', () => {
  it.each([
    [[5], [0]],
    [
      [3, 5],
      [1, 0],
    ],
    [
      [1, 5],
      [1, 0],
    ],
    [
      [257, 131],
      [1, 0],
    ],
    [
      [64, 1024],
      [1, 0],
    ],
    [
      [2, 16, 3, 7],
      [0, 2, 3, 1],
    ],
    [
      [2, 3, 7, 16],
      [0, 3, 1, 2],
    ],
    [
      [4, 5, 6, 7],
      [3, 2, 1, 0],
    ],
    [
      [4, 9, 6, 7],
      [0, 2, 1, 3],
    ],
    [
      [3, 2, 41, 17],
      [1, 0, 3, 2],
    ],
    [
      [2, 3, 2, 3, 2, 3],
      [5, 3, 1, 0, 2, 4],
    ],
    [
      [11, 2, 3],
      [1, 2, 0],
    ],
  ])('%j by %j', async (shape, axes) => {
    await expectParity('permute', [sample(shape)], [permuted(shape, axes)], { axes }, exact);
  });
});

describe('slice and pad', () => {
  it.each([
    [[7], [2], [3]],
    [
      [5, 7],
      [1, 2],
      [3, 4],
    ],
    [
      [5, 7],
      [0, 6],
      [5, 1],
    ],
    [
      [3, 4, 211, 17],
      [0, 1, 5, 3],
      [3, 2, 200, 13],
    ],
    [[40_009], [7], [40_001]],
    [
      [2, 2, 2],
      [1, 0, 1],
      [1, 2, 1],
    ],
  ])('%j from %j, %j long', async (shape, start, size) => {
    await expectParity('slice', [sample(shape)], [size], { start, size }, exact);
    const after = shape.map((whole, axis) => whole - start[axis]! - size[axis]!);
    await expectParity('pad', [sample(size)], [shape], { before: start, after, value: -0.5 }, exact);
  });
});

describe('concat', () => {
  it.each([
    [[[3], [5]], 0, [8]],
    [
      [
        [2, 3],
        [2, 1],
        [2, 7],
      ],
      1,
      [2, 11],
    ],
    [
      [
        [2, 3],
        [1, 3],
      ],
      0,
      [3, 3],
    ],
    [
      [
        [2, 3, 41, 31],
        [2, 5, 41, 31],
      ],
      1,
      [2, 8, 41, 31],
    ],
    [
      [
        [5, 1],
        [5, 1],
      ],
      1,
      [5, 2],
    ],
  ])('%j along %d', async (shapes, axis, whole) => {
    const inputs = shapes.map((shape, i) => sample(shape, -1, 1, i + 1));
    await expectParity('concat', inputs, [whole], { axis }, exact);
  });
});

describe('gather and scatterAdd', () => {
  it.each([
    [[7], 0, [6, 0, 3, 3]],
    [[5, 3], 0, [4, 4, 0]],
    [[5, 3], 1, [2, 0, 1, 2, 2]],
    [[4, 6, 37], 1, [5, 5, 0, 2]],
    [[3, 2, 4, 301], 2, [3, 1, 3]],
    [[2, 70_001], 0, [1, 0, 1]],
  ])('%j along %d at %j', async (shape, axis, chosen) => {
    const picked = shape.map((size, i) => (i === axis ? chosen.length : size));
    await expectParity('gather', [sample(shape), indices(chosen)], [picked], { axis }, exact);
    const size = shape[axis]!;
    const tolerance = { relative: 1e-6, absolute: 1e-6 };
    await expectParity('scatterAdd', [sample(picked), indices(chosen)], [shape], { axis, size }, tolerance);
  });

  it('refuses indices out of range', async () => {
    const { cpu } = await import('../../../src/kernels/cpu/backend.ts');
    const backend = await cpu({ threads: 1 });
    const x = { buffer: backend.allocate(6, 'float'), shape: [2, 3] };
    for (const wrong of [3, -1]) {
      const at = { buffer: backend.allocate(2, 'int32'), shape: [2] };
      backend.upload(at.buffer, [0, wrong]);
      expect(() => backend.run('gather', [x, at], [x], { axis: 1 })).toThrow(ShapeError);
      expect(() => backend.run('scatterAdd', [x, at], [x], { axis: 1, size: 3 })).toThrow(/axis 1 of size 3/);
    }
    await backend.close();
  });
});
