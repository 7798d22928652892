/** Products large enough for the larger tiles, which the op table's samples are not: `webgpu` against `cpu`. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../../src/kernels/backend.ts';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import { scope, tensor } from '../../../src/tensor/index.ts';
import { normalValues } from '../../../src/tensor/random.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { relativeError } from '../../support/poison.ts';

const shapes = [
  { title: 'tiles of 64, whole vectors', m: 36, n: 68, k: 40, batches: 64 },
  { title: 'tiles of 128', m: 65, n: 130, k: 19, batches: 64 },
];

await describeGpu('large products', () => {
  let gpu: WebgpuBackend;
  let host: Backend;
  beforeAll(async () => {
    gpu = await openGpu();
    host = await cpu({ threads: 1 });
  });
  afterAll(async () => {
    await gpu.close();
    await host.close();
  });

  for (const { title, m, n, k, batches } of shapes) {
    it(title, async () => {
      const a = normalValues(batches * m * k, { seed: 1, stream: 1 });
      const b = normalValues(batches * k * n, { seed: 1, stream: 2 });
      for (const [transposeA, transposeB] of [
        [false, false],
        [true, true],
      ] as const) {
        const product = (backend: Backend) =>
          scope(() => {
            const left = tensor(a, transposeA ? [batches, k, m] : [batches, m, k], { backend });
            const right = tensor(b, transposeB ? [batches, n, k] : [batches, k, n], { backend });
            return left.matmul(right, { transposeA, transposeB }).data();
          });
        expect(relativeError(await product(gpu), await product(host))).toBeLessThan(3e-6);
      }
    });
  }
});
