/** What the op-table tests leave out of attention pooling: many images, saturated layers, special values, float16, dispatches. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../../src/kernels/backend.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import { apply } from '../../../src/tensor/apply.ts';
import { noGrad, scope, type Tensor, tensor } from '../../../src/tensor/index.ts';
import { normalValues } from '../../../src/tensor/random.ts';
import { type Shape, sizeOf } from '../../../src/tensor/shape.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { asStored } from '../../support/half.ts';
import { relativeError } from '../../support/poison.ts';

interface Case {
  readonly x: Shape;
  readonly heads: number;
  /** None where missing. */
  readonly hidden?: number;
  /** Of the weights of each layer; 1 / √(what a unit sees) where missing. */
  readonly scale?: number;
  /** A NaN in the first image. */
  readonly broken?: boolean;
}

function values(shape: Shape, stream: number, scale: number): Float64Array {
  return normalValues(sizeOf(shape), { seed: 4, stream }).map((value) => Math.fround(value * scale));
}

/** Outputs of both ops: pooled, weights, dx and the gradients of the weights. */
function outputsOf(backend: Backend, { x: shape, heads, hidden, scale, broken }: Case): readonly Tensor[] {
  const [n, f] = shape as [number, number, number];
  const make = (of: Shape, stream: number, by = 1) => tensor(values(of, stream, by), of, { backend });
  const data = values(shape, 1, 1);
  if (broken) data[5] = Number.NaN;
  const x = tensor(data, shape, { backend });
  const layer = hidden
    ? [make([hidden, f], 2, scale ?? 1 / Math.sqrt(f)), make([hidden, 1], 3, scale ?? 1)]
    : [];
  const seen = hidden ?? f;
  const scores = [make([heads, seen], 4, scale ?? 1 / Math.sqrt(seen)), make([heads, 1], 5, scale ?? 1)];
  return noGrad(() => {
    const [pooled, weights] = apply('attentionPool', [x, ...layer, ...scores], {});
    const g = make([n, f * heads], 6);
    const gradients = apply('attentionPoolBackward', [x, g, ...layer, scores[0]!, weights!], {});
    return [pooled!, weights!, ...gradients.slice(0, -1)]; // The last is 0 but for rounding: weights sum to 1.
  });
}

await describeGpu('attention pooling on webgpu', () => {
  const truth = reference();
  let gpu: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterAll(() => Promise.all([gpu, truth].map((backend) => backend.close())));

  async function both(what: Case) {
    return scope(async () => {
      const [got, want] = [outputsOf(gpu, what), outputsOf(truth, what)];
      return Promise.all(got.map(async (y, i) => [await y.data(), await want[i]!.data()] as const));
    });
  }

  it.each<readonly [string, Case]>([
    ['several chunks a workgroup, and one with fewer', { x: [70, 5, 276], heads: 2, hidden: 3 }],
    ['all chunks in one workgroup', { x: [130, 3, 132], heads: 1, hidden: 34 }],
    ['several rounds of features a workgroup', { x: [130, 70, 64], heads: 1 }],
    ['the pooling of pcg-lite', { x: [4, 64, 200], heads: 4, hidden: 32 }],
    ['the pooling of reference-step', { x: [4, 512, 32], heads: 1 }],
  ])('%s', async (_, what) => {
    for (const [i, [got, want]] of (await both(what)).entries()) {
      expect(relativeError(got, want), `output ${i}`).toBeLessThan(1e-5);
    }
  });

  it.each([{ hidden: 7 }, {}])('neither tanh nor softmax overflows (%j)', async (layer) => {
    const results = await both({ x: [3, 8, 12], heads: 4, scale: 300, ...layer });
    const [pooled, weights] = results;
    expect(relativeError(...pooled!)).toBeLessThan(1e-3);
    expect(relativeError(...weights!)).toBeLessThan(1e-3);
    for (const [got] of results) expect(got.every(Number.isFinite)).toBe(true);
  });

  it.each([{ hidden: 7 }, {}])('a NaN stays in its image (%j)', async (layer) => {
    const [pooled, weights, dx] = await both({ x: [3, 8, 12], heads: 4, broken: true, ...layer });
    for (const [got, want] of [pooled!, weights!, dx!]) {
      expect(Array.from(got, Number.isNaN)).toEqual(Array.from(want, Number.isNaN));
    }
  });

  it('takes one dispatch forward and two backward', async () => {
    for (const layer of [{ hidden: 7 }, {}]) {
      const before = gpu.counters.dispatches;
      scope(() => void outputsOf(gpu, { x: [3, 8, 12], heads: 4, ...layer }));
      await gpu.synchronise();
      expect(gpu.counters.dispatches - before).toBe(3);
    }
  });

  it('reads activations that are kept in float16', async (context) => {
    if (!gpu.adapter.features.includes('shader-f16')) context.skip('the adapter has no shader-f16');
    const half = await openGpu({ storage: 'f16' });
    try {
      await scope(async () => {
        const run = (backend: Backend) => {
          const x = tensor(values([3, 8, 12], 1, 1), [3, 8, 12], { backend });
          const kept = asStored(x);
          const parameters = [[1, 8] as const, [1, 1] as const].map((shape, i) =>
            tensor(values(shape, i + 2, 0.3), shape, { backend }),
          );
          return apply('attentionPool', [kept, ...parameters], {})[0]!;
        };
        const error = relativeError(await run(half).data(), await run(truth).data());
        expect(error).toBeLessThan(1e-3);
        expect(error, 'rounding to float16').toBeGreaterThan(1e-6);
      });
    } finally {
      await half.close();
    }
  });
});
