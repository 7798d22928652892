import { exp } from '../../base/math.ts';
import type { Data, ReferenceKernel } from './kernel.ts';
import { rowMaximum } from './softmax.ts';

/**
 * Scaled dot-product attention (Vaswani et al., "Attention is all you need", 2017, equation 1):
 * y[b,t] = Σ_s w_s·v[b,s], with w = softmax over s of q[b,t]·k[b,s]·scale.
 */
export const attention: ReferenceKernel<'attention'> = ([q, k, v], [y], { scale }) => {
  const [B, T, D] = q.shape as [number, number, number];
  const [, S, E] = v.shape as [number, number, number];
  const weights = new Float64Array(S);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let s = 0; s < S; s++) {
        let dot = 0;
        for (let d = 0; d < D; d++) dot += q.data[(b * T + t) * D + d]! * k.data[(b * S + s) * D + d]!;
        weights[s] = dot * scale;
      }
      const greatest = rowMaximum(weights, 0, S);
      let total = 0;
      for (let s = 0; s < S; s++) {
        weights[s] = exp(weights[s]! - greatest);
        total += weights[s]!;
      }
      for (let e = 0; e < E; e++) {
        let sum = 0;
        for (let s = 0; s < S; s++) sum += weights[s]! * v.data[(b * S + s) * E + e]!;
        y.data[(b * T + t) * E + e] = sum / total;
      }
    }
  }
};

/**
 * The gradient of attention, from q, k, v and the gradient g of the result. With w_ts the weights of query t:
 * δ_ts = g[t]·v[s], σ_ts = w_ts·(δ_ts − Σ_s w_ts·δ_ts)·scale, the gradient of q[t]·k[s], and
 * dq[t] = Σ_s σ_ts·k[s], dk[s] = Σ_t σ_ts·q[t], dv[s] = Σ_t w_ts·g[t].
 */
export const attentionBackward: ReferenceKernel<'attentionBackward'> = (
  [q, k, v, g],
  [dq, dk, dv],
  { scale },
) => {
  const [B, T, D] = q.shape as [number, number, number];
  const [, S, E] = v.shape as [number, number, number];
  const weights = new Float64Array(S);
  const slopes = new Float64Array(S);
  for (const output of [dq, dk, dv]) output.data.fill(0);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      const query = (b * T + t) * D;
      const result = (b * T + t) * E;
      for (let s = 0; s < S; s++) {
        weights[s] = scale * dot(q.data, query, k.data, (b * S + s) * D, D);
        slopes[s] = dot(g.data, result, v.data, (b * S + s) * E, E);
      }
      const greatest = rowMaximum(weights, 0, S);
      let total = 0;
      for (let s = 0; s < S; s++) {
        weights[s] = exp(weights[s]! - greatest);
        total += weights[s]!;
      }
      for (let s = 0; s < S; s++) weights[s]! /= total;
      const mean = dot(weights, 0, slopes, 0, S);
      for (let s = 0; s < S; s++) {
        const key = (b * S + s) * D;
        const value = (b * S + s) * E;
        const slope = weights[s]! * (slopes[s]! - mean) * scale;
        for (let d = 0; d < D; d++) {
          dq.data[query + d]! += slope * k.data[key + d]!;
          dk.data[key + d]! += slope * q.data[query + d]!;
        }
        for (let e = 0; e < E; e++) dv.data[value + e]! += weights[s]! * g.data[result + e]!;
      }
    }
  }
};

function dot(a: Data, aStart: number, b: Data, bStart: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += a[aStart + i]! * b[bStart + i]!;
  return sum;
}
