/** Reading and comparing what `bench/peers/golden_model.py` wrote. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Backend, type Tensor, tensor } from '../../src/tensor/index.ts';

export interface GoldenArray {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export function readGolden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../golden/model/${name}`, import.meta.url), 'utf8')) as T;
}

export function place({ values, shape }: GoldenArray, backend: Backend): Tensor {
  return tensor(values, shape, { backend });
}

/** Layers' values as `loadState` wants them; `shapes` are ours where PyTorch's differ (a bias [1] is [1,1] here). */
export function asState(
  weights: Readonly<Record<string, GoldenArray>>,
  shapes: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): Map<string, GoldenArray> {
  return new Map(
    Object.entries(weights).map(([path, { values, shape }]) => [
      path,
      { values, shape: shapes.get(path)?.shape ?? shape },
    ]),
  );
}

/**
 * Largest difference relative to the largest golden value, which counts as at least `floor`: some gradients are
 * zero but for rounding. NaN is never close.
 */
export function expectClose(
  actual: ArrayLike<number>,
  golden: readonly number[],
  tolerance: number,
  what: string,
  floor = 1e-2,
): void {
  expect(actual.length, what).toBe(golden.length);
  const scale = golden.reduce((most, value) => Math.max(most, Math.abs(value)), floor);
  golden.forEach((value, i) => {
    const error = Math.abs(actual[i]! - value) / scale;
    if (!(error <= tolerance)) {
      expect.fail(`${what}, element ${i}: ${actual[i]} against ${value} (${error} of the largest)`);
    }
  });
}
