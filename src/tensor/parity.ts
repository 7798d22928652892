/** A backend against another, op by op, on the samples of the op table: for tests and for `pcg-engine doctor`. */
import type { Backend, Operand, Values } from '../kernels/backend.ts';
import { indices, tensor } from './create.ts';
import { table } from './ops/table.ts';
import { normalValues, uniformValues } from './random.ts';
import { scope } from './scope.ts';
import { type Shape, sizeOf } from './shape.ts';
import type { Domain, OpSpec, Sample } from './spec.ts';
import type { Tensor } from './tensor.ts';

export type AnySpec = OpSpec<never>;
export type AnySample = Sample<never>;

export interface TableSample {
  readonly op: keyof typeof table;
  readonly spec: AnySpec;
  readonly sample: AnySample;
  readonly title: string;
}

/** Every row of the op table with each of its samples. */
export function everySample(): TableSample[] {
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

/** Runs the kernel of an op on a sample's inputs, into buffers that hold NaN beforehand. */
export async function runPoisoned(
  backend: Backend,
  op: string,
  spec: AnySpec,
  sample: AnySample,
): Promise<Values[]> {
  return scope(() => {
    const drawn = drawInputs(sample, backend);
    const inputs: readonly Tensor[] = sample.complete ? sample.complete(drawn) : drawn;
    return runKernel(backend, op, spec, inputs, sample.attributes);
  });
}

/** Runs the kernel of an op into buffers that hold NaN beforehand. */
export async function runKernel(
  backend: Backend,
  op: string,
  spec: AnySpec,
  inputs: readonly Tensor[],
  attributes: AnySample['attributes'],
): Promise<Values[]> {
  const shapes = spec.shape(
    inputs.map((x) => x.shape),
    attributes,
  );
  const outputs: Operand[] = shapes.map((shape) => {
    const buffer = backend.allocate(sizeOf(shape), 'float');
    backend.upload(buffer, new Float64Array(sizeOf(shape)).fill(Number.NaN));
    return { buffer, shape };
  });
  try {
    const operands = inputs.map((x) => ({ buffer: x.storage.buffer, shape: x.shape }));
    backend.run(op as 'add', operands, outputs, attributes as never);
    return await Promise.all(outputs.map(({ buffer, shape }) => backend.download(buffer, sizeOf(shape))));
  } finally {
    for (const { buffer } of outputs) backend.free(buffer);
  }
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

/**
 * Largest |a − b| in float32 steps (units in the last place) at |b|, or at the root mean square of `b` where |b| is
 * smaller: a sum that happens to be near 0 would have any number of them. NaN matches only NaN.
 */
export function ulpError(a: Values, b: Values): number {
  let [squares, count] = [0, 0];
  for (const value of b) {
    if (!Number.isFinite(value)) continue;
    squares += value * value;
    count++;
  }
  const typical = Math.sqrt(squares / Math.max(1, count));
  let worst = 0;
  for (let i = 0; i < b.length; i++) {
    const [got, expected] = [a[i]!, b[i]!];
    if (Object.is(got, expected) || got === expected) continue;
    const steps = Math.abs(got - expected) / float32Step(Math.max(Math.abs(expected), typical));
    if (Number.isNaN(steps)) return Number.NaN;
    worst = Math.max(worst, steps);
  }
  return worst;
}

const word = new DataView(new ArrayBuffer(4));

/** From the float32 number at or below `magnitude` to the next: 2^(exponent − 23). */
function float32Step(magnitude: number): number {
  word.setFloat32(0, magnitude);
  const exponent = (word.getUint32(0) >>> 23) & 255;
  // 2 to a whole power is exact.
  return 2 ** (Math.max(exponent, 1) - 150);
}
