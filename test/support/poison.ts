import type { Backend, Operand, Values } from '../../src/kernels/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { sizeOf } from '../../src/tensor/shape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { type AnySample, type AnySpec, drawInputs } from './samples.ts';

/** Runs the kernel of an op into buffers that hold NaN beforehand. */
export async function runPoisoned(
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
export function relativeError(a: Values, b: Values): number {
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
