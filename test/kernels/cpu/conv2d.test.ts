import { afterAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import type { Conv2dAttributes, Padding, Pair } from '../../../src/kernels/ops.ts';
import { hashOf } from '../../support/hash.ts';
import { closeMachines, expectParity, noise, runOn } from './compare.ts';

const backend = await cpu({ threads: 2 });
afterAll(async () => {
  await backend.close();
  await closeMachines();
});

interface Case {
  readonly what: string;
  readonly x: readonly [number, number, number, number];
  readonly outC: number;
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly padding?: Padding;
  readonly dilation?: Pair;
  readonly groups?: number;
}

const cases: readonly Case[] = [
  { what: 'first layer', x: [3, 1, 16, 32], outC: 16, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: 'second layer', x: [2, 16, 16, 16], outC: 32, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: 'odd everything', x: [3, 5, 7, 13], outC: 11, kernel: [3, 5], padding: [1, 0, 2, 1] },
  { what: 'one pixel', x: [2, 3, 1, 1], outC: 5, kernel: [1, 1] },
  { what: 'pointwise', x: [2, 9, 6, 11], outC: 7, kernel: [1, 1] },
  { what: 'pointwise, large', x: [1, 16, 16, 40], outC: 24, kernel: [1, 1] },
  { what: 'pointwise, padded', x: [2, 3, 5, 6], outC: 4, kernel: [1, 1], padding: [1, 0, 0, 2] },
  { what: 'pointwise, strided', x: [2, 3, 9, 10], outC: 4, kernel: [1, 1], stride: [2, 2] },
  { what: 'strided', x: [2, 4, 15, 17], outC: 6, kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] },
  {
    what: 'strides apart',
    x: [2, 3, 14, 19],
    outC: 9,
    kernel: [5, 4],
    stride: [3, 2],
    padding: [2, 1, 0, 3],
  },
  { what: 'rows left over by the stride', x: [1, 2, 12, 12], outC: 3, kernel: [3, 3], stride: [4, 5] },
  { what: 'dilated', x: [2, 3, 12, 14], outC: 5, kernel: [3, 3], padding: [2, 2, 3, 3], dilation: [2, 3] },
  { what: 'dilated, strided', x: [1, 3, 17, 18], outC: 5, kernel: [3, 2], stride: [2, 3], dilation: [3, 2] },
  { what: 'groups', x: [2, 12, 9, 10], outC: 18, kernel: [3, 3], padding: [1, 1, 1, 1], groups: 3 },
  { what: 'depthwise', x: [2, 10, 12, 21], outC: 10, kernel: [3, 3], padding: [1, 1, 1, 1], groups: 10 },
  { what: 'depthwise, narrow', x: [2, 3, 5, 3], outC: 3, kernel: [3, 3], padding: [1, 1, 1, 1], groups: 3 },
  { what: 'depthwise 5×1, strided', x: [2, 4, 20, 9], outC: 4, kernel: [5, 1], stride: [2, 2], groups: 4 },
  { what: 'depthwise, dilated', x: [1, 4, 20, 33], outC: 4, kernel: [3, 5], dilation: [2, 2], groups: 4 },
  { what: 'depthwise, two each', x: [2, 3, 8, 9], outC: 6, kernel: [3, 3], padding: [1, 1, 1, 1], groups: 3 },
  { what: 'kernel as large as the image', x: [2, 3, 8, 5], outC: 4, kernel: [8, 5] },
  { what: 'padding beyond the kernel', x: [1, 2, 4, 5], outC: 3, kernel: [2, 2], padding: [3, 4, 5, 2] },
  { what: 'many channels, small map', x: [2, 40, 4, 5], outC: 33, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: 'one output channel', x: [2, 8, 9, 9], outC: 1, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: 'width 4', x: [2, 4, 6, 4], outC: 12, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: 'width 7', x: [2, 4, 6, 7], outC: 12, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: 'width 11', x: [20, 2, 6, 11], outC: 4, kernel: [2, 2], padding: [0, 1, 0, 1] },
  { what: '3×3, odd sizes', x: [3, 9, 7, 13], outC: 11, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: '3×3, no padding', x: [2, 8, 12, 21], outC: 8, kernel: [3, 3] },
  { what: '3×3, uneven padding', x: [2, 10, 5, 18], outC: 12, kernel: [3, 3], padding: [2, 1, 0, 3] },
  { what: '3×3 on one pixel', x: [2, 16, 1, 1], outC: 16, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: '3×3 on one row', x: [1, 8, 1, 37], outC: 9, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: '3×3, groups', x: [2, 20, 6, 10], outC: 18, kernel: [3, 3], padding: [1, 1, 1, 1], groups: 2 },
  { what: '3×3, tall', x: [1, 8, 70, 5], outC: 8, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: '3×3, large tiles', x: [2, 9, 21, 50], outC: 11, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { what: '3×3, large tiles, no padding', x: [1, 8, 14, 50], outC: 8, kernel: [3, 3] },
  {
    what: '3×3, large tiles, groups',
    x: [2, 18, 8, 30],
    outC: 16,
    kernel: [3, 3],
    padding: [1, 1, 1, 1],
    groups: 2,
  },
  {
    what: '3×3, one group of large tiles',
    x: [1, 8, 23, 15],
    outC: 9,
    kernel: [3, 3],
    padding: [0, 2, 2, 0],
  },
  { what: '3×3, many channels', x: [2, 96, 8, 12], outC: 80, kernel: [3, 3], padding: [1, 1, 1, 1] },
  {
    what: '3×3, dilated',
    x: [1, 8, 10, 12],
    outC: 8,
    kernel: [3, 3],
    dilation: [2, 2],
    padding: [2, 2, 2, 2],
  },
  { what: '9×1', x: [1, 8, 12, 12], outC: 8, kernel: [9, 1], padding: [4, 4, 0, 0] },
];

for (const { what, x, outC, kernel, ...rest } of cases) {
  const attributes: Conv2dAttributes = {
    stride: rest.stride ?? [1, 1],
    padding: rest.padding ?? [0, 0, 0, 0],
    dilation: rest.dilation ?? [1, 1],
    groups: rest.groups ?? 1,
  };
  const { stride, padding, dilation, groups } = attributes;
  const [N, C, H, W] = x;
  const out = (size: number, axis: 0 | 1) => {
    const padded = size + padding[2 * axis]! + padding[2 * axis + 1]!;
    return Math.floor((padded - (kernel[axis] - 1) * dilation[axis] - 1) / stride[axis]) + 1;
  };
  const y = [N, outC, out(H, 0), out(W, 1)];
  const weight = [outC, C / groups, ...kernel];

  describe(`conv2d, ${what}`, () => {
    it('forward', async () => {
      const [input, w, bias] = [noise(x, 1), noise(weight, 2), noise([outC], 3)];
      await expectParity('conv2d', [input, w], [y], { ...attributes, relu: false });
      await expectParity('conv2d', [input, w, bias], [y], { ...attributes, relu: false });
      await expectParity('conv2d', [input, w, bias], [y], { ...attributes, relu: true });
    });
    it.each([false, true])(
      'forward, pooled by 2×2: the bits of pooling afterwards (relu: %s)',
      async (relu) => {
        if (y[2]! < 2 || y[3]! < 2) return;
        const [input, w, bias] = [noise(x, 1), noise(weight, 2), noise([outC], 3)];
        const values = Float32Array.from(input.values);
        // Some that spread over windows, some on the rim.
        for (const at of [0, values.length >> 1, values.length - 1]) values[at] = Number.NaN;
        const pooled = [N, outC, y[2]! >> 1, y[3]! >> 1];
        const windows = { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] } as const;
        for (const inputs of [
          [input, w, bias],
          [{ ...input, values }, w],
        ]) {
          const [whole] = await runOn(backend, 'conv2d', inputs, [y], { ...attributes, relu });
          const [expected] = await runOn(
            backend,
            'maxPool2d',
            [{ shape: y, values: whole! }],
            [pooled],
            windows,
          );
          const [found] = await runOn(backend, 'conv2d', inputs, [pooled], {
            ...attributes,
            relu,
            pool: [2, 2],
          });
          expect(found).toEqual(expected);
        }
        await expectParity('conv2d', [input, w], [pooled], { ...attributes, relu, pool: [2, 2] });
      },
    );
    it('input gradient', async () => {
      const inputs = [noise(y, 4), noise(weight, 5)];
      await expectParity('conv2dInputGrad', inputs, [x], { ...attributes, inputSize: [H, W] });
    });
    it('weight gradient', async () => {
      await expectParity('conv2dWeightGrad', [noise(x, 6), noise(y, 7)], [weight], { ...attributes, kernel });
    });
  });
}

describe('conv2d with relu keeps NaN where it belongs', () => {
  const attributes = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], relu: true } as const;
  // Where the NaN lies, and how far it spreads: tiles of 4×4 hand it on to their other outputs.
  for (const [what, width, channels, outC, groups, spread] of [
    ['dense', 14, 3, 5, 1, 9],
    ['depthwise', 14, 4, 4, 4, 9],
    ['Winograd, tiles of 2×2', 8, 8, 8, 1, 9],
    ['Winograd, tiles of 4×4', 14, 8, 8, 1, 20],
  ] as const) {
    it(what, async () => {
      const x = noise([1, channels, 10, width], 1);
      const values = Float32Array.from(x.values);
      values[4 * width + 6] = Number.NaN;
      const weight = noise([outC, channels / groups, 3, 3], 2);
      const inputs = [{ ...x, values }, weight];
      const [y] = await runOn(backend, 'conv2d', inputs, [[1, outC, 10, width]], { ...attributes, groups });
      const found = [...y!.subarray(0, 10 * width).keys()].filter((i) => Number.isNaN(y![i]!));
      const around = [3, 4, 5].flatMap((row) => [5, 6, 7].map((column) => width * row + column));
      expect(found).toEqual(expect.arrayContaining(around));
      expect(found).toHaveLength(spread);
      expect(y!.every((value) => !(value < 0))).toBe(true);
    });
  }
});

it('an image has the same bits alone and in a batch', async () => {
  const attributes = {
    stride: [1, 1],
    padding: [1, 1, 1, 1],
    dilation: [1, 1],
    groups: 1,
    relu: false,
  } as const;
  for (const [channels, outC, height, width] of [
    [1, 16, 64, 128],
    [16, 32, 32, 64],
    [8, 8, 16, 6],
  ] as const) {
    const size = channels * height * width;
    const batch = noise([20, channels, height, width], 1);
    const weight = noise([outC, channels, 3, 3], 2);
    const last = { shape: [1, channels, height, width], values: Array.from(batch.values).slice(19 * size) };
    const y = [outC, height, width] as const;
    const [together] = await runOn(backend, 'conv2d', [batch, weight], [[20, ...y]], attributes);
    const [alone] = await runOn(backend, 'conv2d', [last, weight], [[1, ...y]], attributes);
    expect(hashOf(alone!)).toBe(hashOf(together!.subarray(19 * alone!.length)));
  }
  await backend.close();
});
