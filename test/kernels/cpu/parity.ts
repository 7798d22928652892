import { createHash } from 'node:crypto';
import { afterAll, expect } from 'vitest';
import type { Backend, Shape } from '../../../src/kernels/backend.ts';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import type { KernelName, OpAttributes } from '../../../src/kernels/ops.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import { runOp, type Sample } from '../reference/run-op.ts';

const truth = reference();
const backends = await Promise.all([1, 2, 3].map((threads) => cpu({ threads })));
afterAll(() => Promise.all(backends.map((backend) => backend.close())));

/** Values behind an output that no kernel may touch. */
const GUARD = 9;
const SENTINEL = 12345;

/** What two backends may differ by: |got − want| ≤ relative·|want| + absolute. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute?: number | ((output: number, element: number) => number);
}

/** Float32 numbers spread evenly over [from, to), the same for the same seed. */
export function uniform(count: number, from: number, to: number, seed = 1): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return from + ((to - from) * state) / 4294967296;
  });
}

/** An array of `shape` with values in [from, to). */
export function sample(shape: Shape, from = -2, to = 2, seed = 1): Sample {
  const count = shape.reduce((a, b) => a * b, 1);
  return { shape, values: uniform(count, from, to, seed) };
}

async function runGuarded<K extends KernelName>(
  backend: Backend,
  op: K,
  inputs: readonly Sample[],
  outputShapes: readonly Shape[],
  attributes: OpAttributes[K],
): Promise<Float32Array[]> {
  const operands = inputs.map(({ shape, values, dtype }) => {
    const buffer = backend.allocate(values.length, dtype ?? 'float');
    backend.upload(buffer, values);
    return { buffer, shape };
  });
  const outputs = outputShapes.map((shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const buffer = backend.allocate(count + GUARD, 'float');
    backend.upload(buffer, new Float32Array(count + GUARD).fill(Number.NaN).fill(SENTINEL, count));
    return { buffer, shape };
  });
  backend.run(op, operands, outputs, attributes);
  const results: Float32Array[] = [];
  for (const { buffer } of outputs) {
    const values = (await backend.download(buffer, buffer.count)) as Float32Array;
    expect(Array.from(values.slice(-GUARD)), 'values behind the output').toEqual(
      new Array(GUARD).fill(SENTINEL),
    );
    results.push(values.slice(0, -GUARD));
  }
  for (const { buffer } of [...operands, ...outputs]) backend.free(buffer);
  return results;
}

function hashOf(arrays: readonly Float32Array[]): string {
  const hash = createHash('sha256');
  for (const values of arrays)
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return hash.digest('hex');
}

/** Runs the op on 1, 2 and 3 threads (the same bits wanted) and on the reference (close values wanted). */
export async function expectParity<K extends KernelName>(
  op: K,
  inputs: readonly Sample[],
  outputShapes: readonly Shape[],
  attributes: OpAttributes[K],
  { relative, absolute = 0 }: Tolerance,
): Promise<Float32Array[]> {
  const want = await runOp(truth, op, inputs, outputShapes, attributes);
  const runs: Float32Array[][] = [];
  for (const backend of backends) {
    runs.push(await runGuarded(backend, op, inputs, outputShapes, attributes));
    expect(backend.memory().buffers, 'live buffers').toBe(0);
  }
  const [got] = runs as [Float32Array[]];
  expect(new Set(runs.map(hashOf)).size, 'different bits for 1, 2, 3 threads').toBe(1);
  for (const [number, values] of want.entries()) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const result = got[number]![i]!;
      const allowed =
        relative * Math.abs(value) + (typeof absolute === 'number' ? absolute : absolute(number, i));
      // Object.is for NaN and infinities; 3.4e38 and Infinity are the same to float32.
      if (Object.is(result, Math.fround(value)) || Math.abs(result - value) <= allowed) continue;
      const shapes = inputs.map(({ shape }) => `[${shape}]`).join(', ');
      expect.fail(`${op} ${shapes}: output ${number}, element ${i} is ${result}, reference ${value}`);
    }
  }
  return got;
}
