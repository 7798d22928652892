import { afterAll, expect, it } from 'vitest';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import { closeMachines, expectParity, noise, runOn } from './compare.ts';

afterAll(closeMachines);

/** M, K, N, batch axes of a, batch axes of b. */
const cases: readonly (readonly [number, number, number, readonly number[], readonly number[]])[] = [
  [1, 1, 1, [], []],
  [4, 8, 8, [], []],
  [5, 7, 3, [], []],
  [32, 512, 2, [], []],
  [100, 33, 1, [], []],
  [1, 65, 19, [], []],
  [1, 30, 165, [], [3]],
  [301, 18, 1, [2], [2]],
  [135, 7, 1, [2], []],
  [1, 3, 34, [], []],
  [67, 129, 71, [], []],
  [150, 20, 90, [], []],
  [6, 5, 9, [3], [3]],
  [17, 16, 17, [2, 3], [2, 3]],
  [6, 5, 9, [4], []],
  [9, 12, 10, [2, 2], []],
  [6, 5, 9, [], [4]],
  [3, 4000, 5, [], []],
];

for (const [M, K, N, batchA, batchB] of cases) {
  it(`matmul ${M}×${K}×${N}, batches [${batchA}] and [${batchB}], all transpositions`, async () => {
    const y = [...(batchA.length > 0 ? batchA : batchB), M, N];
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const a = [...batchA, ...(transposeA ? [K, M] : [M, K])];
        const b = [...batchB, ...(transposeB ? [N, K] : [K, N])];
        await expectParity('matmul', [noise(a, 1), noise(b, 2)], [y], { transposeA, transposeB });
      }
    }
  });
}

it('a row has the same bits alone and among others, and a column too', async () => {
  const backend = await cpu({ threads: 1 });
  const [M, K, N] = [9, 131, 13];
  const [a, b] = [noise([M, K], 1), noise([K, N], 2)];
  const bTurned = { shape: [N, K], values: transposed(b.values, K, N) };
  const [y] = await runOn(backend, 'matmul', [a, b], [[M, N]], { transposeA: false, transposeB: false });
  const row = { shape: [1, K], values: Array.from(a.values).slice(2 * K, 3 * K) };
  const column = { shape: [1, K], values: Array.from(bTurned.values).slice(5 * K, 6 * K) };
  for (const transposeB of [false, true]) {
    const right = transposeB ? bTurned : b;
    const [alone] = await runOn(backend, 'matmul', [row, right], [[1, N]], { transposeA: false, transposeB });
    expect(Array.from(alone!)).toEqual(Array.from(y!.subarray(2 * N, 3 * N)));
  }
  for (const transposeA of [false, true]) {
    const left = transposeA ? { shape: [K, M], values: transposed(a.values, M, K) } : a;
    const [alone] = await runOn(backend, 'matmul', [left, column], [[M, 1]], {
      transposeA,
      transposeB: true,
    });
    expect(Array.from(alone!)).toEqual(Array.from({ length: M }, (_, i) => y![i * N + 5]!));
  }
  await backend.close();
});

function transposed(values: ArrayLike<number>, rows: number, columns: number): number[] {
  return Array.from(
    { length: rows * columns },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}
