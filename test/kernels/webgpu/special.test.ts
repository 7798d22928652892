/** NaN and Infinity stay visible in every op as on `reference`, which WGSL by itself does not promise. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { everySample } from '../../support/samples.ts';
import { differentlyFinite } from '../../support/special.ts';

await describeGpu('what is not finite on webgpu', () => {
  const truth = reference();
  let gpu: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterAll(async () => {
    await gpu.close();
    await truth.close();
  });

  const last = new Map(everySample().map((each) => [each.op, each]));
  for (const each of last.values()) {
    if (each.op === 'reshape') continue; // shares its input's buffer: no kernel
    it(each.title, async () => {
      expect(await differentlyFinite(gpu, truth, each)).toEqual([]);
    });
  }
});
