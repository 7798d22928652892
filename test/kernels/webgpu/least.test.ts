/** The least of devices: no feature, and no limit above those that every adapter has. One sample of every op. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { relativeError, runPoisoned } from '../../support/poison.ts';
import { everySample } from '../../support/samples.ts';

await describeGpu('webgpu with the least that it guarantees', () => {
  const truth = reference();
  let gpu: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openGpu({ without: ['subgroups', 'shader-f16', 'timestamp-query', 'limits'] });
  });
  afterAll(async () => {
    await gpu.close();
    await truth.close();
  });

  const last = new Map(everySample().map((each) => [each.op, each]));
  for (const { op, spec, sample, title } of last.values()) {
    if (op === 'reshape') continue; // shares its input's buffer: no kernel
    it(title, async () => {
      const expected = await runPoisoned(truth, op, spec, sample);
      const got = await runPoisoned(gpu, op, spec, sample);
      got.forEach((values, i) => {
        const allowed = Math.max(spec.tolerance.webgpu, 1.2e-7);
        expect(relativeError(values, expected[i]!), `output ${i}`).toBeLessThanOrEqual(allowed);
      });
    });
  }
});
