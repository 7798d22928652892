import { countOf, type ReferenceKernel } from './kernel.ts';

/** Ba, Kiros & Hinton, "Layer normalization" (2016): every row of the last axis by its own mean and variance. */
export const layerNorm: ReferenceKernel<'layerNorm'> = (
  [x, gamma, beta],
  [y, mean, variance],
  { epsilon },
) => {
  const D = x.shape.at(-1)!;
  const rows = countOf(x.shape.slice(0, -1));
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += x.data[row * D + d]!;
    const m = sum / D;
    let squares = 0;
    for (let d = 0; d < D; d++) squares += (x.data[row * D + d]! - m) * (x.data[row * D + d]! - m);
    const v = squares / D;
    mean.data[row] = m;
    variance.data[row] = v;
    const inverse = 1 / Math.sqrt(v + epsilon);
    for (let d = 0; d < D; d++) {
      y.data[row * D + d] = gamma.data[d]! * ((x.data[row * D + d]! - m) * inverse) + beta.data[d]!;
    }
  }
};

/**
 * With x̂ = (x−mean)/√(variance+ε): dβ = Σ_rows dy, dγ = Σ_rows dy·x̂ and, with g = dy·γ,
 * dx = (g − Σg/D − x̂·Σ(g·x̂)/D)/√(variance+ε).
 */
export const layerNormBackward: ReferenceKernel<'layerNormBackward'> = (
  [x, dy, gamma, mean, variance],
  [dx, dgamma, dbeta],
  { epsilon },
) => {
  const D = x.shape.at(-1)!;
  const rows = countOf(x.shape.slice(0, -1));
  dgamma.data.fill(0, 0, D);
  dbeta.data.fill(0, 0, D);
  for (let row = 0; row < rows; row++) {
    const inverse = 1 / Math.sqrt(variance.data[row]! + epsilon);
    const normalised = (d: number) => (x.data[row * D + d]! - mean.data[row]!) * inverse;
    let sum = 0;
    let product = 0;
    for (let d = 0; d < D; d++) {
      const upstream = dy.data[row * D + d]!;
      dgamma.data[d]! += upstream * normalised(d);
      dbeta.data[d]! += upstream;
      sum += upstream * gamma.data[d]!;
      product += upstream * gamma.data[d]! * normalised(d);
    }
    for (let d = 0; d < D; d++) {
      const g = dy.data[row * D + d]! * gamma.data[d]!;
      dx.data[row * D + d] = inverse * (g - sum / D - (normalised(d) * product) / D);
    }
  }
};
