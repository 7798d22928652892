import { exp } from '../../base/math.ts';
import type { ReferenceKernel } from './kernel.ts';
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
