import { countOf, type ReferenceKernel } from './kernel.ts';

/** [N, C, rest…] as N, C and the product of the rest. */
function split(shape: readonly number[]): [number, number, number] {
  return [shape[0]!, shape[1]!, countOf(shape.slice(2))];
}

/**
 * Ioffe & Szegedy, "Batch normalization" (2015), Algorithm 1. Per channel over the M values of all images and
 * positions: mean = Σx/M, variance = Σ(x−mean)²/M.
 */
export const batchNorm: ReferenceKernel<'batchNorm'> = (
  [x, gamma, beta],
  [y, mean, variance],
  { epsilon, relu },
) => {
  const [N, C, size] = split(x.shape);
  for (let c = 0; c < C; c++) {
    let sum = 0;
    for (let n = 0; n < N; n++) for (let i = 0; i < size; i++) sum += x.data[(n * C + c) * size + i]!;
    const m = sum / (N * size);
    let squares = 0;
    for (let n = 0; n < N; n++) {
      for (let i = 0; i < size; i++) {
        const d = x.data[(n * C + c) * size + i]! - m;
        squares += d * d;
      }
    }
    const v = squares / (N * size);
    mean.data[c] = m;
    variance.data[c] = v;
    const inverse = 1 / Math.sqrt(v + epsilon);
    for (let n = 0; n < N; n++) {
      for (let i = 0; i < size; i++) {
        const at = (n * C + c) * size + i;
        const value = gamma.data[c]! * ((x.data[at]! - m) * inverse) + beta.data[c]!;
        y.data[at] = relu && value <= 0 ? 0 : value;
      }
    }
  }
};

/**
 * With x̂ = (x−mean)/√(variance+ε), y = γx̂+β and M values a channel, and dy set to 0 where relu cut y off:
 * dβ = Σdy, dγ = Σdy·x̂, dx = γ/√(variance+ε)·(dy − dβ/M − x̂·dγ/M) (Ioffe & Szegedy, section 3, simplified).
 */
export const batchNormBackward: ReferenceKernel<'batchNormBackward'> = (
  [x, dy, gamma, beta, mean, variance],
  [dx, dgamma, dbeta],
  { epsilon, relu },
) => {
  const [N, C, size] = split(x.shape);
  const M = N * size;
  for (let c = 0; c < C; c++) {
    const inverse = 1 / Math.sqrt(variance.data[c]! + epsilon);
    const normalised = (at: number) => (x.data[at]! - mean.data[c]!) * inverse;
    const passed = (at: number) =>
      relu && gamma.data[c]! * normalised(at) + beta.data[c]! <= 0 ? 0 : dy.data[at]!;
    let sum = 0;
    let product = 0;
    for (let n = 0; n < N; n++) {
      for (let i = 0; i < size; i++) {
        const at = (n * C + c) * size + i;
        sum += passed(at);
        product += passed(at) * normalised(at);
      }
    }
    dbeta.data[c] = sum;
    dgamma.data[c] = product;
    for (let n = 0; n < N; n++) {
      for (let i = 0; i < size; i++) {
        const at = (n * C + c) * size + i;
        dx.data[at] = gamma.data[c]! * inverse * (passed(at) - sum / M - (normalised(at) * product) / M);
      }
    }
  }
};
