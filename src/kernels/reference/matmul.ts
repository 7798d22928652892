import { countOf, type ReferenceKernel } from './kernel.ts';

/**
 * y[…, m, n] = Σ_k a[…, m, k]·b[…, k, n]. A transposed operand is stored [..., K, M] or [..., N, K]. An operand
 * of rank 2 is used for every batch of the other.
 */
export const matmul: ReferenceKernel<'matmul'> = ([a, b], [y], { transposeA, transposeB }) => {
  const M = y.shape.at(-2)!;
  const N = y.shape.at(-1)!;
  const K = a.shape.at(transposeA ? -2 : -1)!;
  const batches = countOf(y.shape.slice(0, -2));
  for (let batch = 0; batch < batches; batch++) {
    const aStart = a.shape.length === 2 ? 0 : batch * M * K;
    const bStart = b.shape.length === 2 ? 0 : batch * K * N;
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let k = 0; k < K; k++) {
          const left = a.data[aStart + (transposeA ? k * M + m : m * K + k)]!;
          const right = b.data[bStart + (transposeB ? n * K + k : k * N + n)]!;
          sum += left * right;
        }
        y.data[(batch * M + m) * N + n] = sum;
      }
    }
  }
};
