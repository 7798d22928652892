/**
 * Generated from the op table: every op on `webgpu` against `reference`, with poisoned outputs; the same bits when
 * run again; no buffer left behind. PCG_OPS=conv2d,sum keeps to some ops.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { hashOf } from '../../support/hash.ts';
import { relativeError, runPoisoned } from '../../support/poison.ts';
import { everySample } from '../../support/samples.ts';

const only = process.env.PCG_OPS?.split(',');

await describeGpu('webgpu against reference', () => {
  const truth = reference();
  let gpu: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterAll(async () => {
    await gpu.close();
    await truth.close();
  });

  for (const { op, spec, sample, title } of everySample()) {
    if (op === 'reshape') continue; // shares its input's buffer: no kernel
    if (only && !only.includes(op)) continue;
    it(title, async () => {
      const expected = await runPoisoned(truth, op, spec, sample);
      const got = await runPoisoned(gpu, op, spec, sample);
      got.forEach((values, i) => {
        const error = relativeError(values, expected[i]!);
        expect(error, `output ${i}`).toBeLessThanOrEqual(Math.max(spec.tolerance.webgpu, 1.2e-7));
      });
      const again = await runPoisoned(gpu, op, spec, sample);
      expect(hashOf(...again)).toBe(hashOf(...got));
      expect(gpu.memory().buffers).toBe(0);
    });
  }
});
