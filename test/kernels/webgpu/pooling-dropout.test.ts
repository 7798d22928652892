/** What the op-table tests leave out: ties, numbers that are not finite, and dropped NaN. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../../src/kernels/backend.ts';
import type { PoolAttributes } from '../../../src/kernels/ops.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import { apply1 } from '../../../src/tensor/apply.ts';
import { scope, type Tensor, tensor } from '../../../src/tensor/index.ts';
import type { Shape } from '../../../src/tensor/shape.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { draw } from '../../support/samples.ts';

const pools: readonly (readonly [Shape, PoolAttributes])[] = [
  [[2, 3, 10, 12], { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] }],
  [[2, 3, 9, 12], { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] }],
  [[2, 3, 9, 13], { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] }],
  [[2, 2, 9, 11], { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] }],
];

await describeGpu('webgpu as reference', () => {
  const truth = reference();
  let gpu: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterAll(async () => {
    await gpu.close();
    await truth.close();
  });

  /** The same values on both. */
  async function expectSame(compute: (backend: Backend) => Tensor): Promise<void> {
    await scope(async () => {
      const want = Array.from(await compute(truth).data());
      expect(Array.from(await compute(gpu).data())).toEqual(want);
    });
  }

  it.each(pools)('picks the first of equals and the first NaN, x %j, %j', async (shape, attributes) => {
    const values = draw(shape, { levels: 3 }, 1);
    const odd = [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -0];
    draw(shape, { levels: 12 }, 2).forEach((level, i) => {
      if (level < odd.length) values[i] = odd[level]!;
    });
    const g = draw(shape, { levels: 100 }, 3);
    const input = (backend: Backend, of: Float64Array = values) => tensor(of, shape, { backend });
    const pooled = (backend: Backend) => apply1('maxPool2d', [input(backend)], attributes);
    await expectSame(pooled);
    await expectSame((backend) => apply1('maxPool2dGather', [input(backend), input(backend, g)], attributes));
    await expectSame((backend) => {
      const windows = pooled(backend).shape;
      const dy = tensor(draw(windows, { levels: 100 }, 4), windows, { backend });
      return apply1('maxPool2dScatter', [input(backend), dy], attributes);
    });
  });

  it.each([false, true])('a dropped NaN is 0, a kept one is not, per channel: %s', async (perChannel) => {
    const attributes = { p: 0.5, perChannel, seed: 5, stream: 2 ** 32 - 1, step: 3 };
    await expectSame((backend) => {
      const x = tensor(new Float64Array(6 * 7 * 5).fill(Number.NaN), [6, 7, 5], { backend });
      return apply1('dropout', [x], attributes);
    });
  });

  it.each([2 ** 53 - 1, 2 ** 32, 2 ** 31, 0])(
    'dropout has the mask of every backend, seed %d',
    async (seed) => {
      const attributes = { p: 0.37, seed, stream: 3, step: 2 ** 31 + 9 };
      for (const perChannel of [false, true]) {
        await scope(async () => {
          const [want, got] = await Promise.all(
            [truth, gpu].map(async (backend) => {
              const x = tensor(new Float64Array(30 * 41 * 3).fill(1), [30, 41, 3], { backend });
              const y = await apply1('dropout', [x], { ...attributes, perChannel }).data();
              return Array.from(y, (value) => value === 0);
            }),
          );
          expect(got).toEqual(want);
          expect(want).toContain(true);
          expect(want).toContain(false);
        });
      }
    },
  );
});
