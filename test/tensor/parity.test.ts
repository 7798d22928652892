/**
 * Generated from the op table: every op on `cpu` against `reference`, with poisoned outputs; the same bits with
 * 1, 2, 3 and 8 threads; no buffer left behind.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../src/kernels/backend.ts';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import { hashOf } from '../support/hash.ts';
import { relativeError, runPoisoned } from '../support/poison.ts';
import { everySample } from '../support/samples.ts';

const truth = reference();
const threads = [1, 2, 3, 8];
let backends: Backend[];
beforeAll(async () => {
  backends = await Promise.all(threads.map((count) => cpu({ threads: count })));
});
afterAll(() => Promise.all([truth, ...backends].map((backend) => backend.close())));

for (const { op, spec, sample, title } of everySample()) {
  if (op === 'reshape') continue; // shares its input's buffer: no kernel
  it(`${title}: cpu equals reference, for every number of threads`, async () => {
    const expected = await runPoisoned(truth, op, spec, sample);
    const results = await Promise.all(backends.map((backend) => runPoisoned(backend, op, spec, sample)));
    results[0]!.forEach((values, i) => {
      const error = relativeError(values, expected[i]!);
      expect(error, `output ${i}`).toBeLessThanOrEqual(Math.max(spec.tolerance.cpu, 6e-8));
    });
    const hashes = results.map((values) => hashOf(...values));
    expect(hashes, `threads ${threads.join(', ')}`).toEqual(hashes.map(() => hashes[0]));
    expect(backends.map((backend) => backend.memory().buffers)).toEqual(backends.map(() => 0));
  });
}
