/**
 * Generated from the op table: every op on `cpu` against `reference`, with poisoned outputs; the same bits with
 * 1, 2, 3 and 8 threads; no buffer left behind.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend, Operand, Values } from '../../src/kernels/backend.ts';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { sizeOf } from '../../src/tensor/shape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { hashOf } from '../support/hash.ts';
import { type AnySample, type AnySpec, drawInputs, everySample } from '../support/samples.ts';

const truth = reference();
const threads = [1, 2, 3, 8];
let backends: Backend[];
beforeAll(async () => {
  backends = await Promise.all(threads.map((count) => cpu({ threads: count })));
});
afterAll(() => Promise.all([truth, ...backends].map((backend) => backend.close())));

/** Runs a kernel into buffers that hold NaN beforehand. */
async function runPoisoned(
  backend: Backend,
  op: string,
  spec: AnySpec,
  sample: AnySample,
): Promise<Values[]> {
  return scope(async () => {
    const drawn = drawInputs(sample, backend);
    const inputs: readonly Tensor[] = sample.complete ? sample.complete(drawn) : drawn;
    const shapes = spec.shape(
      inputs.map((x) => x.shape),
      sample.attributes,
    );
    const outputs: Operand[] = shapes.map((shape) => {
      const buffer = backend.allocate(sizeOf(shape), 'float');
      backend.upload(buffer, new Float64Array(sizeOf(shape)).fill(Number.NaN));
      return { buffer, shape };
    });
    const operands = inputs.map((x) => ({ buffer: x.storage.buffer, shape: x.shape }));
    backend.run(op as 'add', operands, outputs, sample.attributes as never);
    const values = await Promise.all(
      outputs.map(({ buffer, shape }) => backend.download(buffer, sizeOf(shape))),
    );
    for (const { buffer } of outputs) backend.free(buffer);
    return values;
  });
}

/** Largest |a − b| relative to the largest |b|; NaN matches only NaN. */
function relativeError(a: Values, b: Values): number {
  let [worst, scale] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    if (Number.isNaN(a[i]) && Number.isNaN(b[i])) continue;
    scale = Math.max(scale, Math.abs(b[i]!));
    const difference = Math.abs(a[i]! - b[i]!);
    // At once: a later finite difference must not hide it.
    if (Number.isNaN(difference)) return Number.NaN;
    worst = Math.max(worst, difference);
  }
  return worst === 0 ? 0 : worst / scale;
}

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
