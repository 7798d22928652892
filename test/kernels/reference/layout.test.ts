import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../src/base/errors.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import { array, indices, runOp } from './run-op.ts';

const backend = reference();
const matrix = array([2, 3], [1, 2, 3, 4, 5, 6]);
const cube = array([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);

describe('reductions', () => {
  it('sums over any axes', async () => {
    expect(await runOp(backend, 'sum', [matrix], [[3]], { axes: [0], keepDims: false })).toEqual([[5, 7, 9]]);
    expect(await runOp(backend, 'sum', [matrix], [[2, 1]], { axes: [1], keepDims: true })).toEqual([[6, 15]]);
    expect(await runOp(backend, 'sum', [cube], [[2]], { axes: [0, 2], keepDims: false })).toEqual([[14, 22]]);
    expect(await runOp(backend, 'sum', [cube], [[]], { axes: [0, 1, 2], keepDims: false })).toEqual([[36]]);
    expect(await runOp(backend, 'sum', [array([0], [])], [[]], { axes: [0], keepDims: false })).toEqual([
      [0],
    ]);
  });

  it('takes maxima over any axes and keeps NaN', async () => {
    expect(await runOp(backend, 'max', [cube], [[2]], { axes: [0, 2], keepDims: false })).toEqual([[6, 8]]);
    const values = array([2, 2], [-3, -1, Number.NaN, 9]);
    expect(await runOp(backend, 'max', [values], [[2]], { axes: [1], keepDims: false })).toEqual([
      [-1, Number.NaN],
    ]);
  });
});

describe('moving values', () => {
  it('broadcasts', async () => {
    const [y] = await runOp(backend, 'broadcastTo', [array([2, 1], [1, 2])], [[2, 2, 2]], {
      shape: [2, 2, 2],
    });
    expect(y).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  });

  it('permutes', async () => {
    expect(await runOp(backend, 'permute', [matrix], [[3, 2]], { axes: [1, 0] })).toEqual([
      [1, 4, 2, 5, 3, 6],
    ]);
    const [y] = await runOp(backend, 'permute', [array([1, 2, 3], matrix.values)], [[3, 1, 2]], {
      axes: [2, 0, 1],
    });
    expect(y).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('slices and pads', async () => {
    const [part] = await runOp(backend, 'slice', [matrix], [[1, 2]], { start: [1, 1], size: [1, 2] });
    expect(part).toEqual([5, 6]);
    const attributes = { before: [1, 0], after: [0, 2], value: -1 };
    const [padded] = await runOp(backend, 'pad', [array([1, 2], part!)], [[2, 4]], attributes);
    expect(padded).toEqual([-1, -1, -1, -1, 5, 6, -1, -1]);
  });

  it('concatenates', async () => {
    const [rows] = await runOp(backend, 'concat', [matrix, array([1, 3], [7, 8, 9])], [[3, 3]], { axis: 0 });
    expect(rows).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const [columns] = await runOp(backend, 'concat', [array([2, 1], [0, 9]), matrix], [[2, 4]], { axis: 1 });
    expect(columns).toEqual([0, 1, 2, 3, 9, 4, 5, 6]);
  });

  it('gathers, and adds back to where it gathered', async () => {
    const chosen = indices([2, 0, 2]);
    const [picked] = await runOp(backend, 'gather', [matrix, chosen], [[2, 3]], { axis: 1 });
    expect(picked).toEqual([3, 1, 3, 6, 4, 6]);
    const [added] = await runOp(backend, 'scatterAdd', [matrix, chosen], [[2, 4]], { axis: 1, size: 4 });
    expect(added).toEqual([2, 0, 4, 0, 5, 0, 10, 0]);
  });

  it('names an index that is out of range, and the size', async () => {
    const call = runOp(backend, 'gather', [matrix, indices([0, 3])], [[2, 2]], { axis: 1 });
    await expect(call).rejects.toThrow(ShapeError);
    await expect(call).rejects.toThrow(/index 3 .*axis 1 of size 3/);
    const negative = runOp(backend, 'scatterAdd', [matrix, indices([0, -1, 1])], [[2, 2]], {
      axis: 1,
      size: 2,
    });
    await expect(negative).rejects.toThrow(/scatterAdd: index -1/);
  });
});
