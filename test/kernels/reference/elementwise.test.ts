import { describe, expect, it } from 'vitest';
import type { KernelName } from '../../../src/kernels/ops.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import { array, runOp } from './run-op.ts';

async function unary(op: KernelName, values: number[]): Promise<number[]> {
  return (await runOp(reference(), op, [array([values.length], values)], [[values.length]], {} as never))[0]!;
}

async function binary(
  op: KernelName,
  a: ReturnType<typeof array>,
  b: ReturnType<typeof array>,
  shape: number[],
) {
  return (await runOp(reference(), op, [a, b], [shape], {} as never))[0]!;
}

describe('one input', () => {
  it('gives the plain values', async () => {
    expect(await unary('neg', [1, -2, 0])).toEqual([-1, 2, -0]);
    expect(await unary('exp', [0])).toEqual([1]);
    expect(await unary('log', [1, 0])).toEqual([0, -Infinity]);
    expect(await unary('sqrt', [9, 0.25])).toEqual([3, 0.5]);
    expect(await unary('tanh', [0, 800, -800])).toEqual([0, 1, -1]);
    expect(await unary('sigmoid', [0, 800, -800])).toEqual([0.5, 1, 0]);
    expect(await unary('relu', [-2, 0, 3])).toEqual([0, 0, 3]);
    expect(await unary('hardswish', [-4, -3, 0, 3, 5, 1])).toEqual([-0, -0, 0, 3, 5, 4 / 6]);
    expect(await unary('erf', [0, 30, -30])).toEqual([0, 1, -1]);
    expect(await unary('gelu', [0, 40])).toEqual([0, 40]);
  });

  it('keeps NaN', async () => {
    for (const op of [
      'neg',
      'exp',
      'log',
      'sqrt',
      'tanh',
      'sigmoid',
      'relu',
      'gelu',
      'hardswish',
      'erf',
    ] as const) {
      expect(await unary(op, [Number.NaN]), op).toEqual([Number.NaN]);
    }
    expect(await unary('log', [-1])).toEqual([Number.NaN]);
    expect(await unary('sqrt', [-1])).toEqual([Number.NaN]);
  });

  it('scales and shifts', async () => {
    const [y] = await runOp(reference(), 'affine', [array([3], [1, 2, 3])], [[3]], { scale: 2, offset: -1 });
    expect(y).toEqual([1, 3, 5]);
  });
});

describe('two inputs', () => {
  it('works element by element', async () => {
    const a = array([4], [1, 2, 3, Number.NaN]);
    const b = array([4], [2, 2, -1, 0]);
    expect(await binary('add', a, b, [4])).toEqual([3, 4, 2, Number.NaN]);
    expect(await binary('sub', a, b, [4])).toEqual([-1, 0, 4, Number.NaN]);
    expect(await binary('mul', a, b, [4])).toEqual([2, 4, -3, Number.NaN]);
    expect(await binary('div', a, b, [4])).toEqual([0.5, 1, -3, Number.NaN]);
    expect(await binary('maximum', a, b, [4])).toEqual([2, 2, 3, Number.NaN]);
    expect(await binary('minimum', a, b, [4])).toEqual([1, 2, -1, Number.NaN]);
    expect(await binary('greater', a, b, [4])).toEqual([0, 0, 1, 0]);
    expect(await binary('equal', a, b, [4])).toEqual([0, 1, 0, 0]);
  });

  it('passes the gradient of relu where x is positive', async () => {
    const y = await binary('reluBackward', array([3], [-1, 0, 2]), array([3], [5, 6, 7]), [3]);
    expect(y).toEqual([0, 0, 7]);
  });

  it('broadcasts as NumPy does', async () => {
    const matrix = array([2, 3], [1, 2, 3, 4, 5, 6]);
    expect(await binary('add', matrix, array([3], [10, 20, 30]), [2, 3])).toEqual([11, 22, 33, 14, 25, 36]);
    expect(await binary('sub', array([2, 1], [10, 20]), matrix, [2, 3])).toEqual([9, 8, 7, 16, 15, 14]);
    expect(await binary('mul', array([], [2]), matrix, [2, 3])).toEqual([2, 4, 6, 8, 10, 12]);
    expect(await binary('mul', array([3, 1], [1, 2, 3]), array([1, 2], [5, 7]), [3, 2])).toEqual([
      5, 7, 10, 14, 15, 21,
    ]);
  });
});
