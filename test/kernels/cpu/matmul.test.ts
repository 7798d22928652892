import { afterAll, it } from 'vitest';
import { closeMachines, expectParity, noise } from './compare.ts';

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
