import { expect } from 'vitest';
import type { Backend, DType, Shape } from '../../../src/kernels/backend.ts';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import type { KernelName, OpAttributes } from '../../../src/kernels/ops.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';

/** An input: its shape and values (float32 ones, so that both backends see the same numbers). */
export interface Input {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
  readonly dtype?: DType;
}

const size = (shape: Shape) => shape.reduce((a, b) => a * b, 1);

/** Values in [−1, 1), the same for the same seed, with nothing special about neighbours. */
export function noise(shape: Shape, seed = 1): Input {
  let state = (seed * 2654435761) >>> 0;
  const values = Float32Array.from({ length: size(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 0x800000 - 1;
  });
  return { shape, values };
}

const GUARD = 12345.5;
const GUARDS = 24;

/** Runs one op; outputs are NaN beforehand, and values behind them must stay as they were. */
export async function runOn<K extends KernelName>(
  backend: Backend,
  op: K,
  inputs: readonly Input[],
  outputShapes: readonly Shape[],
  attributes: OpAttributes[K],
): Promise<Float64Array[]> {
  const operands = inputs.map(({ shape, values, dtype }) => {
    const buffer = backend.allocate(size(shape), dtype ?? 'float');
    backend.upload(buffer, values);
    return { buffer, shape };
  });
  const outputs = outputShapes.map((shape) => {
    const count = size(shape);
    const buffer = backend.allocate(count + GUARDS, 'float');
    const poison = new Float32Array(count + GUARDS).fill(Number.NaN);
    backend.upload(buffer, poison.fill(GUARD, count));
    return { buffer, shape };
  });
  backend.run(op, operands, outputs, attributes);
  const results = [];
  for (const { buffer, shape } of outputs) {
    const all = await backend.download(buffer, size(shape) + GUARDS);
    expect(
      all.slice(size(shape)).every((v) => v === GUARD),
      `${op} wrote past its output`,
    ).toBe(true);
    results.push(Float64Array.from(all.slice(0, size(shape))));
  }
  for (const { buffer } of [...operands, ...outputs]) backend.free(buffer);
  return results;
}

/** Largest |a − b| relative to the largest |b|; NaN where only one of them is NaN. */
export function difference(actual: Float64Array, expected: Float64Array): number {
  let worst = 0;
  let scale = 1e-30;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    if (Number.isNaN(a) && Number.isNaN(b)) continue;
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
    if (a !== b) worst = Math.max(worst, Math.abs(a - b));
    if (Number.isFinite(b)) scale = Math.max(scale, Math.abs(b));
  }
  return worst / scale;
}

const truth = reference();
const machines = await Promise.all([1, 2, 3, 8].map((threads) => cpu({ threads })));

/** cpu agrees with reference within `tolerance` and has the same bits for 1, 2, 3 and 8 threads. */
export async function expectParity<K extends KernelName>(
  op: K,
  inputs: readonly Input[],
  outputShapes: readonly Shape[],
  attributes: OpAttributes[K],
  tolerance = 1e-5,
): Promise<void> {
  const expected = await runOn(truth, op, inputs, outputShapes, attributes);
  const runs = [];
  for (const machine of machines) runs.push(await runOn(machine, op, inputs, outputShapes, attributes));
  for (const [i, output] of expected.entries()) {
    const name = `${op} output ${i} for ${inputs.map((x) => `[${x.shape}]`)} ${JSON.stringify(attributes)}`;
    expect(difference(runs[0]![i]!, output), name).toBeLessThanOrEqual(tolerance);
    for (const run of runs) expect(run[i], `${name}: bits differ between thread counts`).toEqual(runs[0]![i]);
  }
}

/** Ends the workers: call in afterAll. */
export async function closeMachines(): Promise<void> {
  for (const machine of machines) await machine.close();
}
