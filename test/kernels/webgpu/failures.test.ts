/**
 * What goes wrong on a device is a typed error that names op and shapes, nothing waits for ever, and no rejection is
 * left over (vitest fails on one).
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../src/base/errors.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import type { WebgpuKernel } from '../../../src/kernels/webgpu/kernel.ts';
import { shaders } from '../../../src/kernels/webgpu/shaders.ts';
import { kernels } from '../../../src/kernels/webgpu/table.ts';
import { grad, scope, tensor } from '../../../src/tensor/index.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';

/** The device under a backend. */
function deviceOf(gpu: WebgpuBackend): GPUDevice {
  return (gpu as unknown as { device: GPUDevice }).device;
}

/** Puts a kernel that runs `source` in the place of `neg` while `body` runs. */
async function withNeg(source: string, body: () => Promise<void>): Promise<void> {
  const names = shaders as Record<string, string>;
  const table = kernels as { neg: WebgpuKernel<'neg'> };
  const { neg } = table;
  names['test-neg'] = source;
  table.neg = (gpu, [x], [y]) =>
    gpu.dispatch({ shader: 'test-neg' as 'unary', inputs: [x!], outputs: [y!], workgroups: [1, 1, 1] });
  try {
    await body();
  } finally {
    table.neg = neg;
    delete names['test-neg'];
  }
}

const HEAD = `@group(0) @binding(0) var<storage, read> input: array<f32, LENGTH>;
  @group(0) @binding(1) var<storage, read_write> output: array<f32>;`;

await describeGpu('webgpu failures', () => {
  let gpu: WebgpuBackend;
  beforeEach(async () => {
    gpu = await openGpu();
  });
  afterEach(() => gpu.close());

  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.fail('nothing failed'),
      (error: DeviceError) => error,
    );
  const x = () => tensor([1, 2, 3, 4, 5, 6], [2, 3], { backend: gpu });

  describe('a lost device', () => {
    it('ends a step of training', async () => {
      const error = await failure(
        scope(async () => {
          const w = tensor([0.1, 0.2, 0.3], [3, 1], { backend: gpu }).requireGrad();
          for (let step = 0; ; step++) {
            const [gradient] = grad(x().matmul(w).square().sum(), [w]);
            const values = await gradient!.data();
            expect(values).toHaveLength(3);
            if (step === 3) deviceOf(gpu).destroy();
          }
        }),
      );
      expect(error).toMatchObject({ name: 'DeviceError', code: 'webgpu/lost', exitCode: 4 });
      expect(error.message).toMatch(
        /^webgpu: the device was lost \(last asked for: \w+.*\): .*--device cpu$/,
      );
    });

    it('ends a download that is under way', async () => {
      const download = failure(x().add(1).data());
      deviceOf(gpu).destroy();
      expect((await download).code).toBe('webgpu/lost');
    });

    it('ends waiting, and stays lost', async () => {
      const y = x().add(1);
      deviceOf(gpu).destroy();
      expect((await failure(gpu.synchronise())).code).toBe('webgpu/lost');
      expect(() => y.add(1)).toThrow(expect.objectContaining({ code: 'webgpu/lost' }));
      expect((await failure(gpu.flush())).code).toBe('webgpu/lost');
    });

    it('ends what waits for a pipeline', async () => {
      await withNeg(
        `${HEAD.replace(', LENGTH', '')} @compute @workgroup_size(1) fn main() { output[0] = input[0]; }`,
        async () => {
          const download = failure(x().neg().data());
          deviceOf(gpu).destroy();
          expect((await download).code).toMatch(/^webgpu\/(lost|compile)$/);
        },
      );
    });
  });

  describe('memory', () => {
    it('that no buffer can have is refused, and nothing else is harmed', async () => {
      const most = gpu.adapter.limits.maxStorageBufferBindingSize!;
      const width = Math.ceil(most / 4 / 1024);
      expect(() => scope(() => tensor([1], [1, 1], { backend: gpu }).broadcastTo([1025, width]))).toThrow(
        expect.objectContaining({
          code: 'webgpu/memory',
          message: expect.stringMatching(/^webgpu: broadcastTo \[1,1\]: a tensor of \d+ bytes does not fit/),
        }),
      );
      expect(gpu.memory()).toEqual({ buffers: 0, bytes: 0 });
      expect([...(await x().neg().data())]).toEqual([-1, -2, -3, -4, -5, -6]);
    });

    it('that has run out names who asked', async () => {
      const device = deviceOf(gpu);
      const create = device.createBuffer.bind(device);
      const pop = device.popErrorScope.bind(device);
      const a = x();
      await a.data();
      // No test can fill the memory of a machine: the device says so of a buffer that it has made.
      let refused = false;
      Object.defineProperty(device, 'createBuffer', {
        value: (descriptor: GPUBufferDescriptor) => {
          refused = true;
          return create(descriptor);
        },
      });
      Object.defineProperty(device, 'popErrorScope', {
        value: async () => {
          const answer = refused ? { message: 'out of memory' } : null;
          refused = false;
          return (await pop()) ?? answer;
        },
      });
      const error = await failure(a.broadcastTo([50, 2, 3]).data());
      expect(error.code).toBe('webgpu/memory');
      expect(error.message).toMatch(
        /^webgpu: broadcastTo \[2,3\]: no memory for 1536 bytes beside the \d+ in use: out of memory\. Use a smaller --batch-size$/,
      );
    });
  });

  describe('a kernel', () => {
    it('that does not compile is named with the line', async () => {
      await withNeg('@compute @workgroup_size(1) fn main() {\n  let y = nonsense;\n}', async () => {
        const error = await failure(x().neg().data());
        expect(error).toMatchObject({ name: 'DeviceError', code: 'webgpu/compile' });
        expect(error.message).toMatch(
          /^webgpu: neg \[2,3\]: the kernel test-neg does not compile: line \d+: .*nonsense.* in "let y = nonsense;"/,
        );
        expect(() => x()).toThrow(error);
      });
    });

    it('that does not compile stops what comes after it, waited for or not', async () => {
      await withNeg('not WGSL at all', async () => {
        const y = x().neg();
        void gpu.flush().catch(() => {});
        const errors = await Promise.all([failure(y.add(1).data()), failure(y.mul(2).data())]);
        for (const { code } of errors) expect(code).toBe('webgpu/compile');
      });
    });

    it('whose buffers are too small is named, before anybody sees what it gave', async () => {
      const source = `${HEAD.replace('LENGTH', '1000')} @compute @workgroup_size(1) fn main() { output[0] = input[999]; }`;
      await withNeg(source, async () => {
        const error = await failure(x().add(1).neg().add(1).data());
        expect(error).toMatchObject({ name: 'DeviceError', code: 'webgpu/validation' });
        expect(error.message).toMatch(/^webgpu: neg \[2,3\]: .*256/s);
      });
    });

    it('that asks for too many workgroups is refused', async () => {
      const table = kernels as { neg: WebgpuKernel<'neg'> };
      const { neg } = table;
      table.neg = (device, [a], [y]) =>
        device.dispatch({ shader: 'unary', inputs: [a!], outputs: [y!], workgroups: [1, 70_000, 1] });
      try {
        expect(() => x().neg()).toThrow(
          /^webgpu: neg \[2,3\] needs 1 × 70000 × 1 workgroups, the device allows 65535/,
        );
      } finally {
        table.neg = neg;
      }
    });
  });

  describe('a backend', () => {
    it('that is closed says so at every call', async () => {
      const y = x();
      const { buffer } = y.storage;
      await gpu.close();
      await gpu.close();
      const closed = expect.objectContaining({ name: 'StateError', code: 'webgpu/closed' });
      expect(() => y.neg()).toThrow(closed);
      expect(() => gpu.allocate(1, 'float')).toThrow(closed);
      expect(() => gpu.upload(buffer, [1])).toThrow(closed);
      await expect(gpu.flush()).rejects.toThrow(closed);
      await expect(gpu.synchronise()).rejects.toThrow(closed);
      await expect(gpu.download(buffer, 6)).rejects.toThrow(closed);
      expect(() => y.dispose()).not.toThrow();
    });

    it('that is closed under a download ends it', async () => {
      const download = failure(x().add(1).data());
      await gpu.close();
      expect((await download).code).toMatch(/^webgpu\/(closed|lost)$/);
    });

    it('refuses buffers of others', async () => {
      const other = await openGpu();
      const foreign = other.allocate(6, 'float');
      const own = gpu.allocate(6, 'float');
      const operand = (buffer: typeof own) => ({ buffer, shape: [2, 3] });
      const refused = (op: string) =>
        expect.objectContaining({
          name: 'StateError',
          code: 'webgpu/foreign-buffer',
          message: `webgpu: ${op}: a buffer belongs to another backend. Download and upload it`,
        });
      expect(() => gpu.run('neg', [operand(foreign)], [operand(own)], {})).toThrow(refused('neg [2,3]'));
      expect(() => gpu.run('neg', [operand(own)], [operand(foreign)], {})).toThrow(refused('neg [2,3]'));
      expect(() => gpu.upload(foreign, new Float32Array(6))).toThrow(refused('upload of 6 values'));
      expect(() => gpu.free(foreign)).toThrow(refused('free'));
      await expect(gpu.download(foreign, 6)).rejects.toThrow(refused('download of 6 values'));
      await other.close();
    });

    it('refuses buffers that were freed', async () => {
      const buffer = gpu.allocate(6, 'float');
      gpu.free(buffer);
      const freed = expect.objectContaining({ name: 'StateError', code: 'webgpu/freed' });
      expect(() => gpu.upload(buffer, new Float32Array(6))).toThrow(freed);
      expect(() => gpu.free(buffer)).toThrow(freed);
      expect(() => gpu.run('neg', [{ buffer, shape: [6] }], [], {})).toThrow(freed);
    });

    it('takes as many values as a buffer has', () => {
      const buffer = gpu.allocate(6, 'float');
      expect(() => gpu.upload(buffer, [1, 2])).toThrow(
        expect.objectContaining({ code: 'webgpu/upload', message: 'webgpu: 2 values for a buffer of 6' }),
      );
    });
  });

  it('leaves no listener behind', async () => {
    const before = process.listenerCount('exit');
    for (let i = 0; i < 12; i++) await (await openGpu()).close();
    expect(process.listenerCount('exit')).toBe(before);
  });
});
