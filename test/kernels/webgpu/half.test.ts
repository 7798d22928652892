/**
 * Activations in float16: every op of the table with float16 inputs, against `reference` with the same (rounded)
 * inputs. What an op stores as float16 itself may be off by that rounding, the rest by no more than usual.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import { halfOutputs } from '../../../src/kernels/webgpu/storage.ts';
import { indices, tensor } from '../../../src/tensor/create.ts';
import { noGrad, scope } from '../../../src/tensor/scope.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { asStored } from '../../support/half.ts';
import { relativeError, runKernel } from '../../support/poison.ts';
import { drawInputs, everySample } from '../../support/samples.ts';

const only = process.env.PCG_OPS?.split(',');
/** Half the distance between neighbours in float16, relative to the larger. */
const ROUNDING = 2 ** -11;

const HALF = { storage: 'f16' } as const;

await describeGpu(
  'webgpu with float16 activations',
  () => {
    const truth = reference();
    let gpu: WebgpuBackend;
    beforeAll(async () => {
      gpu = await openGpu(HALF);
    });
    afterAll(async () => {
      await gpu.close();
      await truth.close();
    });

    const last = new Map(everySample().map((each) => [each.op, each]));
    for (const { op, spec, sample, title } of last.values()) {
      if (op === 'reshape' || (only && !only.includes(op))) continue;
      it(title, async () => {
        await scope(async () => {
          const drawn = drawInputs(sample, gpu);
          const inputs = noGrad(() => (sample.complete ? sample.complete(drawn) : drawn).map(asStored));
          const got = await runKernel(gpu, op, spec, inputs, sample.attributes);
          const copies = await Promise.all(
            inputs.map(async (x) => {
              const values = await x.data();
              if (x.dtype === 'float') return tensor(values, x.shape, { backend: truth });
              return indices(values, { backend: truth }).reshape(x.shape);
            }),
          );
          const expected = await runKernel(truth, op, spec, copies, sample.attributes);
          got.forEach((values, i) => {
            const usual = Math.max(spec.tolerance.webgpu, 1.2e-7);
            const allowed = halfOutputs(op).includes(i) ? usual + ROUNDING : usual;
            expect(relativeError(values, expected[i]!), `output ${i}`).toBeLessThanOrEqual(allowed);
          });
        });
        expect(gpu.memory().buffers).toBe(0);
      });
    }
  },
  HALF,
);
