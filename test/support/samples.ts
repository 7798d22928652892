import type { Backend } from '../../src/kernels/backend.ts';
import { indices, tensor } from '../../src/tensor/create.ts';
import { table } from '../../src/tensor/ops/table.ts';
import { normalValues, uniformValues } from '../../src/tensor/random.ts';
import { type Shape, sizeOf } from '../../src/tensor/shape.ts';
import type { Domain, OpSpec, Sample } from '../../src/tensor/spec.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

export type AnySpec = OpSpec<never>;
export type AnySample = Sample<never>;

/** Every row of the op table with each of its samples. */
export function everySample(): { op: keyof typeof table; spec: AnySpec; sample: AnySample; title: string }[] {
  return Object.entries(table).flatMap(([op, spec]) =>
    spec.samples.map((sample, i) => ({
      op: op as keyof typeof table,
      spec: spec as unknown as AnySpec,
      sample: sample as unknown as AnySample,
      title: `${op} #${i} ${sample.shapes.map((s) => `[${s.join(',')}]`).join(' ')}`,
    })),
  );
}

/** Values of a domain, rounded to float32 so that every backend starts from the same numbers. */
export function draw(shape: Shape, domain: Domain, stream: number): Float64Array {
  const count = sizeOf(shape);
  const values = normalValues(count, { seed: 42, stream });
  if (typeof domain === 'object') {
    const range = 'indices' in domain ? domain.indices : domain.levels;
    return uniformValues(count, { seed: 42, stream }).map((u) => Math.floor(u * range));
  }
  if (domain === 'nonzero') return values.map((v) => Math.fround(v + (v < 0 ? -0.3 : 0.3)));
  if (domain === 'positive') return values.map((v) => Math.fround(Math.abs(v) + 0.2));
  if (domain === 'probability') {
    const width = shape[shape.length - 1]!;
    for (let row = 0; row < count; row += width) {
      let total = 0;
      for (let i = row; i < row + width; i++) total += values[i] = Math.abs(values[i]!) + 0.1;
      for (let i = row; i < row + width; i++) values[i] = values[i]! / total;
    }
  }
  return values.map(Math.fround);
}

/** The drawn inputs of a sample on a backend. */
export function drawInputs(sample: AnySample, backend: Backend): Tensor[] {
  return sample.shapes.map((shape, i) => {
    const domain = sample.domains?.[i] ?? 'normal';
    const values = draw(shape, domain, i + 1);
    const whole = typeof domain === 'object' && 'indices' in domain;
    return whole ? indices(values, { backend }) : tensor(values, shape, { backend });
  });
}
