/** Pool, uploads, views, batches that wait for pipelines, float16, and Dawn without any adapter. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import type { WebgpuBuffer } from '../../../src/kernels/webgpu/buffer.ts';
import { fromHalf } from '../../../src/kernels/webgpu/half.ts';
import { sizeClass } from '../../../src/kernels/webgpu/pool.ts';
import { grad, noGrad, normalValues, scope, type Tensor, tensor } from '../../../src/tensor/index.ts';
import { relativeError } from '../../../src/tensor/parity.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';

function range(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => i);
}

/** Number of the block that a tensor lies in. */
function blockOf(x: Tensor): number {
  return (x.storage.buffer as WebgpuBuffer).block.id;
}

it('sizes of blocks waste at most a third', () => {
  for (let bytes = 1; bytes < 100_000; bytes += 37) {
    const size = sizeClass(bytes);
    expect(size).toBeGreaterThanOrEqual(bytes);
    expect(size % 16).toBe(0);
    if (bytes > 256) expect(bytes / size).toBeGreaterThan(2 / 3 - 0.01);
  }
});

it('half-precision bits are read as what they are', () => {
  const bits = new Uint16Array([
    0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x3555, 0x7c00, 0xfc00,
  ]);
  const values = [0, -0, 1, -2, 65504, 2 ** -24, 2 ** -14, 0.333251953125, Infinity, -Infinity];
  expect([...fromHalf(bits)]).toEqual(values);
  expect(fromHalf(new Uint16Array([0x7e01]))[0]).toBeNaN();
});

await describeGpu('webgpu runtime', () => {
  let gpu: WebgpuBackend;
  beforeEach(async () => {
    gpu = await openGpu();
  });
  afterEach(() => gpu.close());

  describe('pool', () => {
    it('gives every place the block that it had in the step before', async () => {
      const seen: number[][] = [];
      for (let step = 0; step < 4; step++) {
        await scope(async () => {
          const x = tensor(range(300), [300], { backend: gpu });
          const y = x.add(step);
          const z = y.mul(x);
          const w = z.sum();
          expect(await w.item()).toBeGreaterThan(0);
          seen.push([x, y, z, w].map(blockOf));
        });
      }
      expect(seen[2]).toEqual(seen[1]);
      expect(seen[3]).toEqual(seen[1]);
      expect(gpu.memory()).toEqual({ buffers: 0, bytes: 0 });
    });

    it('asks the device for nothing once it is warm', async () => {
      const step = () =>
        scope(async () => {
          const x = tensor(range(48), [4, 12], { backend: gpu });
          const w = tensor(range(36), [12, 3], { backend: gpu }).requireGrad();
          const [gradient] = grad(x.matmul(w).relu().sum(), [w]);
          return gradient!.data();
        });
      let first: Float32Array | undefined;
      for (let i = 0; i < 3; i++) first = (await step()) as Float32Array;
      const before = gpu.counters;
      expect(await step()).toEqual(first);
      const after = gpu.counters;
      const { buffers, bytes, bindGroups, pipelines } = before;
      expect(after).toMatchObject({ buffers, bytes, bindGroups, pipelines });
      expect(after.submits - before.submits).toBe(1);
    });

    it('counts what is alive, not what it keeps', () => {
      const x = tensor(range(10), [10], { backend: gpu });
      const y = x.add(1);
      expect(gpu.memory()).toMatchObject({ buffers: 2, bytes: 80 });
      y.dispose();
      expect(gpu.memory()).toEqual({ buffers: 1, bytes: 40 });
    });
  });

  describe('uploads', () => {
    it('into a buffer that was used earlier in the same batch come after that use', async () => {
      const x = tensor([1, 2, 3], [3], { backend: gpu });
      const before = x.mul(10);
      gpu.upload(x.storage.buffer, [4, 5, 6]);
      const after = x.mul(10);
      gpu.upload(x.storage.buffer, [7, 8, 9]);
      const all = await Promise.all([before, after, x].map((each) => each.data()));
      expect(all.map((each) => [...each])).toEqual([
        [10, 20, 30],
        [40, 50, 60],
        [7, 8, 9],
      ]);
    });

    it('do not reach a buffer that an earlier op still reads', async () => {
      const sums: Tensor[] = [];
      for (let i = 0; i < 20; i++) {
        // Freed at once: the next upload must not be written where this one is still to be read.
        sums.push(scope(() => tensor(new Float32Array(100).fill(i), [100], { backend: gpu }).sum()));
      }
      const before = gpu.counters.submits;
      await gpu.synchronise();
      // Written somewhere else rather than later: a batch is not cut for it.
      expect(gpu.counters.submits - before).toBe(1);
      expect(await Promise.all(sums.map((sum) => sum.item()))).toEqual(sums.map((_, i) => 100 * i));
    });

    it('hold the values of the moment of the call', async () => {
      const values = range(4);
      const x = tensor(values, [4], { backend: gpu });
      values.fill(9);
      expect([...(await x.data())]).toEqual([0, 1, 2, 3]);
    });

    it('of NaN and infinities keep them', async () => {
      const odd = [Number.NaN, Infinity, -Infinity, -0, 1e-45];
      const x = tensor(odd, [5], { backend: gpu });
      expect([...(await x.data())]).toEqual([...Float32Array.from(odd)]);
    });
  });

  describe('views', () => {
    it('read and write a part of a buffer', async () => {
      const whole = gpu.allocate(192, 'float');
      gpu.upload(whole, range(192));
      const [middle, last] = [gpu.view(whole, 64, 64), gpu.view(whole, 128, 60)];
      expect([...(await gpu.download(middle, 3))]).toEqual([64, 65, 66]);
      const between = gpu.allocate(60, 'float');
      gpu.run('neg', [{ buffer: middle, shape: [60] }], [{ buffer: between, shape: [60] }], {});
      gpu.run('relu', [{ buffer: last, shape: [60] }], [{ buffer: between, shape: [60] }], {});
      gpu.run('neg', [{ buffer: between, shape: [60] }], [{ buffer: last, shape: [60] }], {});
      const values = await gpu.download(whole, 192);
      expect([...values.subarray(126, 130)]).toEqual([126, 127, -128, -129]);
      expect([...values.subarray(186)]).toEqual([-186, -187, 188, 189, 190, 191]);
      gpu.free(between);
      gpu.upload(middle, new Float32Array(64).fill(7));
      expect([...(await gpu.download(whole, 192)).subarray(62, 66)]).toEqual([62, 63, 7, 7]);
      gpu.free(whole);
      expect(gpu.memory().buffers).toBe(0);
    });

    it('of a buffer that was freed are refused', () => {
      const whole = gpu.allocate(128, 'float');
      gpu.free(whole);
      expect(() => gpu.view(whole, 64, 64)).toThrow(expect.objectContaining({ code: 'webgpu/freed' }));
    });
  });

  describe('batches', () => {
    it('that wait for pipelines are submitted in order', async () => {
      let x = tensor([1, 2], [2], { backend: gpu });
      const flushes: Promise<void>[] = [];
      // Each op needs a pipeline that is not there yet, and nobody waits for it.
      const steps: ((y: Tensor) => Tensor)[] = [
        (y) => y.neg(),
        (y) => y.mul(y),
        (y) => y.add(1),
        (y) => y.sqrt(),
        (y) => y.relu(),
        (y) => y.div(2),
      ];
      for (const step of steps) {
        x = step(x);
        flushes.push(gpu.flush());
      }
      gpu.upload(x.storage.buffer, [5, 6]);
      const y = x.add(1);
      expect([...(await y.data())]).toEqual([6, 7]);
      await Promise.all(flushes);
    });

    it('give what they would give alone', async () => {
      const x = tensor([1, 4], [2], { backend: gpu });
      const y = x.sqrt();
      const pending = gpu.flush();
      const z = y.add(1); // recorded while the square root waits for its pipeline
      gpu.upload(x.storage.buffer, [0, 0]);
      expect([...(await z.data())]).toEqual([2, 3]);
      expect([...(await y.data())]).toEqual([1, 2]);
      await pending;
    });

    it('that are long are submitted unasked', async () => {
      const before = gpu.counters.submits;
      const x = scope(() => {
        let y = tensor([0], [1], { backend: gpu });
        for (let i = 0; i < 5000; i++) y = y.add(1);
        return y;
      });
      expect(await x.item()).toBe(5000);
      expect(gpu.counters.submits - before).toBe(2);
    });

    it('without commands cost nothing', async () => {
      const { submits } = gpu.counters;
      await gpu.flush();
      await gpu.synchronise();
      expect(gpu.counters.submits).toBe(submits);
    });
  });

  it('reads many tensors at a time', async () => {
    const tensors = Array.from({ length: 40 }, (_, i) => tensor(range(i + 1), [i + 1], { backend: gpu }));
    const all = await Promise.all(tensors.map((x) => x.add(1).data()));
    expect(all.map((values) => values[values.length - 1])).toEqual(tensors.map((_, i) => i + 1));
  });
});

const HALF = { storage: 'f16' } as const;

await describeGpu(
  'webgpu with activations in float16',
  () => {
    let half: WebgpuBackend;
    beforeAll(async () => {
      half = await openGpu(HALF);
    });
    afterAll(() => half.close());

    it('keeps and reads them as what they are', async () => {
      const truth = reference();
      const run = async (backend: typeof truth | WebgpuBackend) =>
        noGrad(() =>
          scope(async () => {
            const x = tensor(normalValues(2 * 3 * 6 * 8, { seed: 1, stream: 1 }), [2, 3, 6, 8], { backend });
            const w = tensor(normalValues(4 * 3 * 9, { seed: 1, stream: 2 }), [4, 3, 3, 3], { backend });
            const y = x.conv2d(w, { padding: 'same' });
            if (backend === half) expect((y.storage.buffer as WebgpuBuffer).storage).toBe('f16');
            return [await y.data(), await y.relu().maxPool2d(2).add(1).data()] as const;
          }),
        );
      const [got, expected] = [await run(half), await run(truth)];
      for (const [i, values] of got.entries()) {
        const error = relativeError(values, expected[i]!);
        // Ten bits of fraction: half a step is 2⁻¹¹, and there is more than one rounding.
        expect(error).toBeLessThan(2 ** -9);
        expect(error).toBeGreaterThan(2 ** -24);
      }
      expect(half.memory().buffers).toBe(0);
    });
  },
  HALF,
);

/** Dawn's null backend computes nothing and needs no driver: what is asked of a device can be counted anywhere. */
const NULL = { dawn: ['backend=null'] };

await describeGpu(
  'webgpu without an adapter',
  () => {
    it('counts what a step asks for', async () => {
      const gpu = await openGpu(NULL);
      const step = () =>
        scope(() => {
          const x = tensor(range(12), [3, 4], { backend: gpu });
          return void x.add(1).mul(x).sum();
        });
      for (let i = 0; i < 3; i++) {
        step();
        await gpu.flush();
      }
      const before = gpu.counters;
      step();
      await gpu.flush();
      const after = gpu.counters;
      expect(after.dispatches - before.dispatches).toBe(3);
      expect(after.submits - before.submits).toBe(1);
      expect(after.bindGroups).toBe(before.bindGroups);
      expect(after.pipelines).toBe(before.pipelines);
      await gpu.close();
    });
  },
  NULL,
);
