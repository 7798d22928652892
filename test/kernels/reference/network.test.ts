import { describe, expect, it } from 'vitest';
import { keyOf, philox4x32 } from '../../../src/base/philox.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import { array, runOp } from './run-op.ts';

const backend = reference();
const square = array([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
const conv = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;

describe('matmul', () => {
  it('multiplies', async () => {
    const a = array([2, 2], [1, 2, 3, 4]);
    const b = array([2, 2], [5, 6, 7, 8]);
    const plain = { transposeA: false, transposeB: false };
    expect(await runOp(backend, 'matmul', [a, b], [[2, 2]], plain)).toEqual([[19, 22, 43, 50]]);
    const turned = { transposeA: true, transposeB: true };
    expect(await runOp(backend, 'matmul', [a, b], [[2, 2]], turned)).toEqual([[23, 31, 34, 46]]);
  });
});

describe('conv2d', () => {
  it('slides the kernel without turning it, and adds the bias', async () => {
    const weight = array([1, 1, 2, 2], [1, 0, 0, -2]);
    const [y] = await runOp(backend, 'conv2d', [square, weight, array([1], [100])], [[1, 1, 2, 2]], {
      ...conv,
      relu: false,
    });
    expect(y).toEqual([1 - 10 + 100, 2 - 12 + 100, 4 - 16 + 100, 5 - 18 + 100]);
  });

  it('pads at top and left with zeros', async () => {
    const weight = array([1, 1, 2, 2], [1, 1, 1, 1]);
    const attributes = { ...conv, padding: [1, 0, 1, 0], stride: [2, 2], relu: false } as const;
    expect(await runOp(backend, 'conv2d', [square, weight], [[1, 1, 2, 2]], attributes)).toEqual([
      [1, 5, 11, 28],
    ]);
  });

  it('sends gradients back along the same products', async () => {
    const weight = array([1, 1, 2, 2], [1, 2, 3, 4]);
    const dy = array([1, 1, 2, 2], [1, 0, 0, 10]);
    const [dx] = await runOp(backend, 'conv2dInputGrad', [dy, weight], [[1, 1, 3, 3]], {
      ...conv,
      inputSize: [3, 3],
    });
    expect(dx).toEqual([1, 2, 0, 3, 14, 20, 0, 30, 40]);
    const [dw] = await runOp(backend, 'conv2dWeightGrad', [square, dy], [[1, 1, 2, 2]], {
      ...conv,
      kernel: [2, 2],
    });
    expect(dw).toEqual([51, 62, 84, 95]);
  });
});

describe('pooling', () => {
  const pool = { kernel: [2, 2], stride: [1, 1], padding: [0, 0, 0, 0] } as const;
  const corner = { kernel: [2, 2], stride: [2, 2], padding: [1, 0, 1, 0] } as const;

  it('takes maxima; padding never wins', async () => {
    expect(await runOp(backend, 'maxPool2d', [square], [[1, 1, 2, 2]], pool)).toEqual([[5, 6, 8, 9]]);
    const negative = array([1, 1, 3, 3], [-1, -2, -3, -4, -5, -6, -7, -8, -9]);
    expect(await runOp(backend, 'maxPool2d', [negative], [[1, 1, 2, 2]], corner)).toEqual([[-1, -2, -4, -5]]);
  });

  it('picks the first of equal maxima and the first NaN', async () => {
    const ties = array([1, 1, 2, 2], [3, 7, 7, 7]);
    const dy = array([1, 1, 1, 1], [10]);
    expect(await runOp(backend, 'maxPool2dScatter', [ties, dy], [[1, 1, 2, 2]], pool)).toEqual([
      [0, 10, 0, 0],
    ]);
    const g = array([1, 1, 2, 2], [1, 2, 3, 4]);
    expect(await runOp(backend, 'maxPool2dGather', [ties, g], [[1, 1, 1, 1]], pool)).toEqual([[2]]);
    const broken = array([1, 1, 2, 2], [3, 7, Number.NaN, Number.NaN]);
    expect(await runOp(backend, 'maxPool2d', [broken], [[1, 1, 1, 1]], pool)).toEqual([[Number.NaN]]);
    expect(await runOp(backend, 'maxPool2dGather', [broken, g], [[1, 1, 1, 1]], pool)).toEqual([[3]]);
  });

  it('adds gradients where windows overlap', async () => {
    const dy = array([1, 1, 2, 2], [1, 2, 3, 4]);
    const peak = array([1, 1, 3, 3], [0, 0, 0, 0, 1, 0, 0, 0, 0]);
    const [dx] = await runOp(backend, 'maxPool2dScatter', [peak, dy], [[1, 1, 3, 3]], pool);
    expect(dx).toEqual([0, 0, 0, 0, 10, 0, 0, 0, 0]);
    const attributes = { ...pool, inputSize: [3, 3] } as const;
    const [shared] = await runOp(backend, 'avgPool2dBackward', [dy], [[1, 1, 3, 3]], attributes);
    expect(shared).toEqual([0.25, 0.75, 0.5, 1, 2.5, 1.5, 0.75, 1.75, 1]);
  });

  it('counts padding in the mean', async () => {
    expect(await runOp(backend, 'avgPool2d', [square], [[1, 1, 2, 2]], corner)).toEqual([
      [0.25, 1.25, 2.75, 7],
    ]);
  });
});

describe('normalisation', () => {
  it('uses the statistics of each channel, or of each row', async () => {
    const x = array([2, 2], [1, 10, 3, 30]);
    const inputs = [x, array([2], [2, 1]), array([2], [0.5, -0.5])];
    const [y, mean, variance] = await runOp(backend, 'batchNorm', inputs, [[2, 2], [2], [2]], {
      epsilon: 0,
      relu: true,
    });
    expect([y, mean, variance]).toEqual([
      [0, 0, 2.5, 0.5],
      [2, 20],
      [1, 100],
    ]);
    const [rows, m, v] = await runOp(backend, 'layerNorm', inputs, [[2, 2], [2], [2]], { epsilon: 0 });
    expect(m).toEqual([5.5, 16.5]);
    expect(v).toEqual([20.25, 182.25]);
    expect(rows!.map((value) => Number(value.toFixed(12)))).toEqual([-1.5, 0.5, -1.5, 0.5]);
  });
});

describe('softmax, cross-entropy and attention', () => {
  it('is even for equal scores, however large', async () => {
    const x = array([2, 2], [1e4, 1e4, -1e4, -1e4]);
    expect(await runOp(backend, 'softmax', [x], [[2, 2]], {})).toEqual([[0.5, 0.5, 0.5, 0.5]]);
    const [loss] = await runOp(backend, 'softmaxCrossEntropy', [x, array([2, 2], [1, 0, 0.3, 0.7])], [[]], {
      divisor: 4,
    });
    expect(loss).toEqual([expect.closeTo(Math.LN2 / 2, 11)]);
  });

  it('attends to the value whose key fits', async () => {
    const q = array([1, 1, 2], [100, 0]);
    const k = array([1, 2, 2], [0, 100, 100, 0]);
    const v = array([1, 2, 1], [7, 9]);
    expect(await runOp(backend, 'attention', [q, k, v], [[1, 1, 1]], { scale: 1 })).toEqual([[9]]);
    expect(await runOp(backend, 'attention', [q, k, v], [[1, 1, 1]], { scale: 0 })).toEqual([[8]]);
  });
});

describe('dropout', () => {
  const random = { seed: 5, stream: 3, step: 9 };

  it('drops where 16 bits of Philox are below the threshold', async () => {
    const ones = new Float64Array(21).fill(1);
    const [y] = await runOp(backend, 'dropout', [array([21], ones)], [[21]], {
      ...random,
      p: 0.5,
      perChannel: false,
    });
    const words = new Uint32Array(12);
    for (let block = 0; block < 3; block++) philox4x32(block, 9, 3, 0, ...keyOf(5), words, block * 4);
    const halves = [0, 1, 2].flatMap((block) => {
      const four = Array.from(words.subarray(block * 4, block * 4 + 4));
      return [...four.map((word) => word & 0xffff), ...four.map((word) => word >>> 16)];
    });
    expect(y).toEqual(halves.slice(0, 21).map((half) => (half < 32768 ? 0 : 2)));
    expect(new Set(y).size).toBe(2);
  });

  it('drops whole channels', async () => {
    const ones = new Float64Array(4 * 5 * 3).fill(1);
    const attributes = { ...random, p: 0.25, perChannel: true };
    const [y] = await runOp(backend, 'dropout', [array([4, 5, 3], ones)], [[4, 5, 3]], attributes);
    const [units] = await runOp(backend, 'dropout', [array([20], ones.subarray(0, 20))], [[20]], {
      ...attributes,
      perChannel: false,
    });
    expect(y).toEqual(units!.flatMap((value) => [value, value, value]));
    expect(new Set(y).size).toBe(2);
  });

  it('drops the asked share; nothing for 0, everything for 1', async () => {
    const count = 20000;
    const run = async (p: number, values: ArrayLike<number>) =>
      (
        await runOp(backend, 'dropout', [array([count], values)], [[count]], {
          ...random,
          p,
          perChannel: false,
        })
      )[0]!;
    const ones = new Float64Array(count).fill(1);
    const dropped = (await run(0.3, ones)).filter((value) => value === 0).length;
    expect(Math.abs(dropped / count - 0.3)).toBeLessThan(0.015);
    expect(await run(0, ones)).toEqual(Array.from(ones));
    expect(await run(1, ones)).toEqual(new Array(count).fill(0));
  });
});

describe('optimizer steps', () => {
  it('moves by the learning rate in the first step of AdamW', async () => {
    const inputs = [array([2], [1, 1]), array([2], [3, -0.5]), array([2], [0, 0]), array([2], [0, 0])];
    const constants = { learningRate: 0.25, beta1: 0.5, beta2: 0.75, epsilon: 0, weightDecay: 0, step: 1 };
    const attributes = { ...constants, clipNorm: 0, decayed: 2 };
    const [p, m, v] = await runOp(backend, 'adamwStep', inputs, [[2], [2], [2]], attributes);
    expect([p, m, v]).toEqual([
      [0.75, 1.25],
      [1.5, -0.25],
      [2.25, 0.0625],
    ]);
  });

  it('adds up velocity in SGD', async () => {
    const inputs = [array([1], [10]), array([1], [2]), array([1], [4])];
    const attributes = { learningRate: 0.5, momentum: 0.5, weightDecay: 0.5, nesterov: false };
    expect(await runOp(backend, 'sgdStep', inputs, [[1], [1]], attributes)).toEqual([[5.5], [9]]);
    expect(await runOp(backend, 'sgdStep', inputs, [[1], [1]], { ...attributes, nesterov: true })).toEqual([
      [4.25],
      [9],
    ]);
  });
});
