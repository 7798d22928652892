/** What the op-table tests leave out of reductions and normalisations: other devices, special values, dispatches. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../../src/kernels/backend.ts';
import type { BlockAttributes } from '../../../src/kernels/ops.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import { apply } from '../../../src/tensor/apply.ts';
import { scope, type Tensor, tensor } from '../../../src/tensor/index.ts';
import { normalValues } from '../../../src/tensor/random.ts';
import { type Shape, sizeOf } from '../../../src/tensor/shape.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { asStored } from '../../support/half.ts';
import { relativeError, runPoisoned } from '../../support/poison.ts';
import { draw, everySample } from '../../support/samples.ts';

/** Samples of one tile and of several; few, because a processor takes long to compile these kernels. */
const PLAIN = [
  ...['layerNormBackward #1', 'batchNorm #6', 'batchNormBackward #1', 'batchNormBackward #6'],
  ...['batchNormBlock #4', 'batchNormBlockBackward #4'],
].map((title) => `${title} `);

const dropout = { p: 0.25, perChannel: false, seed: 9, stream: 2, step: 4 };
const block: BlockAttributes = { epsilon: 1e-5, pool: [2, 2], dropout };

await describeGpu('reductions and normalisations on webgpu', () => {
  const truth = reference();
  let gpu: WebgpuBackend;
  let plain: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openGpu();
    plain = await openGpu({ without: ['subgroups'] });
    Object.defineProperty(plain, 'limits', {
      value: { maxStorageBuffersPerShaderStage: 8, maxComputeWorkgroupsPerDimension: 65535 },
    });
  });
  afterAll(() => Promise.all([gpu, plain, truth].map((backend) => backend.close())));

  const samples = everySample().filter(({ title }) => PLAIN.some((start) => title.startsWith(start)));
  it('knows its samples', () => expect(samples.length).toBe(PLAIN.length));
  it.each(samples)('$title without subgroups, with eight buffers', async ({ op, spec, sample }) => {
    const expected = await runPoisoned(truth, op, spec, sample);
    const got = await runPoisoned(plain, op, spec, sample);
    got.forEach((values, i) => {
      expect(relativeError(values, expected[i]!), `output ${i}`).toBeLessThanOrEqual(spec.tolerance.webgpu);
    });
  });

  /** Each output of `compute` on webgpu and on reference. */
  async function both(compute: (backend: Backend) => readonly Tensor[], on: Backend = gpu) {
    return scope(async () => {
      const [got, want] = [compute(on), compute(truth)];
      return Promise.all(got.map(async (x, i) => [await x.data(), await want[i]!.data()] as const));
    });
  }

  const normal = (backend: Backend, shape: Shape, stream: number, by = 0) =>
    tensor(
      normalValues(sizeOf(shape), { seed: 3, stream }).map((x) => Math.fround(x + by)),
      shape,
      { backend },
    );

  it.each([0, 1])('a NaN or an infinity stays one in sum and max, axis %d', async (axis) => {
    const values = new Float64Array(70 * 72).fill(-1);
    values.set([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], 40 * 72 + 37);
    for (const backend of [gpu, plain]) {
      const results = await both((on) => {
        const x = tensor(values, [70, 72], { backend: on });
        return [x.sum(axis), x.max(axis), x.max(), x.sum()];
      }, backend);
      for (const [got, want] of results) expect(Array.from(got)).toEqual(Array.from(want));
    }
  });

  it('keeps mean and variance of values far from zero, of more tiles than a workgroup merges at once', async () => {
    const results = await both((backend) => {
      const x = normal(backend, [1, 1, 7, 76065], 1, 1000);
      return x.batchNorm(normal(backend, [1], 2), normal(backend, [1], 3));
    });
    const [y, mean, variance] = results.map(([got, want]) => relativeError(got, want));
    expect(mean).toBeLessThan(1e-7);
    expect(variance).toBeLessThan(2e-6);
    expect(y).toBeLessThan(2e-5);
  });

  it.each([
    [3, 2, 20, 21],
    [3, 2, 40, 80],
  ])('batchNormBackward cuts exactly what batchNorm cut, [%d,%d,%d,%d]', async (...shape) => {
    await scope(async () => {
      const [x, gamma, beta] = [normal(gpu, shape, 1), normal(gpu, [2], 2), normal(gpu, [2], 3)];
      const ones = tensor(new Float64Array(x.size).fill(1), shape, { backend: gpu });
      const attributes = { epsilon: 1e-5, relu: true };
      const [y, mean, variance] = x.batchNorm(gamma, beta, attributes);
      const inputs = [x, ones, gamma, beta, mean, variance];
      const [, , dbeta] = apply('batchNormBackward', inputs, attributes);
      const values = Array.from(await y.data());
      const plane = shape[2]! * shape[3]!;
      const kept = [0, 1].map(
        (c) => values.filter((v, i) => Math.floor(i / plane) % 2 === c && v > 0).length,
      );
      expect(Array.from(await dbeta!.data())).toEqual(kept);
    });
  });

  it.each([
    [2, 3, 8, 16],
    [2, 3, 9, 15],
  ])('batchNormBlock takes the first of equals, and NaN, [%d,%d,%d,%d]', async (...shape) => {
    const values = draw(shape, { levels: 4 }, 1);
    // The last channel has a NaN, so all of it is NaN but for what is dropped.
    values[values.length - 1] = Number.NaN;
    const small = [shape[0]!, shape[1]!, shape[2]! >> 1, shape[3]! >> 1];
    const results = await both((backend) => {
      const [x, gamma, beta] = [
        tensor(values, shape, { backend }),
        ...[2, 3].map((i) => normal(backend, [3], i)),
      ];
      const [y, mean, variance] = x!.batchNormBlock(gamma!, beta!, block);
      const dy = normal(backend, small, 4);
      const inputs = [x!, dy, gamma!, beta!, mean, variance];
      return [y, ...apply('batchNormBlockBackward', inputs, block)];
    });
    // What reaches β does not depend on what x is.
    expect(results.map(([, want]) => want.some(Number.isNaN))).toEqual([true, true, true, false]);
    for (const [got, want] of results) {
      expect(relativeError(got, want)).toBeLessThan(1e-5);
    }
  });

  it('takes one dispatch for a small layer and two for a large one', async () => {
    const count = async (compute: (x: Tensor, gamma: Tensor) => unknown, shape: Shape) => {
      await gpu.synchronise();
      const before = gpu.counters.dispatches;
      scope(() => void compute(normal(gpu, shape, 1), normal(gpu, [shape[1]!], 2)));
      await gpu.synchronise();
      return gpu.counters.dispatches - before;
    };
    const statistics = (x: Tensor, gamma: Tensor) => [gamma, gamma, gamma.square()].slice(0, x.rank - 1);
    const ops = [
      (x: Tensor, gamma: Tensor) => x.batchNorm(gamma, gamma),
      (x: Tensor, gamma: Tensor) => x.batchNormBlock(gamma, gamma, block),
      (x: Tensor, gamma: Tensor) =>
        apply('batchNormBackward', [x, x, gamma, ...statistics(x, gamma)], { epsilon: 1, relu: true }),
      (x: Tensor) => x.sum(),
    ];
    const counts = [];
    for (const op of ops) {
      counts.push([await count(op, [8, 2, 16, 32]), await count(op, [32, 2, 64, 64])]);
    }
    // The third squares gamma first.
    expect(counts).toEqual([
      [1, 2],
      [1, 2],
      [2, 3],
      [1, 2],
    ]);
  });

  it('reads float16 and sums in float32', async (context) => {
    if (!gpu.adapter.features.includes('shader-f16')) context.skip('the adapter has no shader-f16');
    const half = await openGpu({ storage: 'f16' });
    const shape = [3, 2, 20, 48];
    // Numbers that float16 holds; what passes through asStored is kept in it.
    const values = draw(shape, { levels: 400 }, 1).map((level) => level / 64 - 2);
    const results = await both((backend) => {
      const x = asStored(tensor(values, shape, { backend }));
      const [gamma, beta] = [2, 3].map((i) => normal(backend, [2], i));
      const [y, mean, variance] = x.batchNormBlock(gamma!, beta!, block);
      const dy = normal(backend, [3, 2, 10, 24], 4);
      const gradients = apply('batchNormBlockBackward', [x, dy, gamma!, beta!, mean, variance], block);
      const [, mean2] = x.batchNorm(gamma!, beta!);
      return [mean, variance, mean2, ...gradients, x.sum([0, 2, 3]), x.max(3), x.max([0]), y];
    }, half);
    const errors = results.map(([got, want]) => relativeError(got, want));
    expect(errors.pop()).toBeLessThan(1e-3);
    for (const error of errors) expect(error).toBeLessThan(1e-5);
    await half.close();
  });
});
