import { exp } from '../../base/math.ts';
import type { Data, ReferenceKernel, ReferenceOperand } from './kernel.ts';

/** Of one image: channel means, the hidden layer and the gate. */
function gateOf(
  x: Data,
  image: number,
  plane: number,
  [w1, b1, w2, b2]: readonly ReferenceOperand[],
): { mean: Float64Array; hidden: Float64Array; gate: Float64Array } {
  const [K, C] = w1!.shape as [number, number];
  const mean = new Float64Array(C);
  for (let c = 0; c < C; c++) {
    const first = (image * C + c) * plane;
    for (let i = 0; i < plane; i++) mean[c]! += x[first + i]!;
    mean[c]! /= plane;
  }
  const hidden = new Float64Array(K);
  for (let k = 0; k < K; k++) {
    let z = b1!.data[k]!;
    for (let c = 0; c < C; c++) z += w1!.data[k * C + c]! * mean[c]!;
    hidden[k] = Math.max(z, 0);
  }
  const gate = new Float64Array(C);
  for (let c = 0; c < C; c++) {
    let z = b2!.data[c]!;
    for (let k = 0; k < K; k++) z += w2!.data[c * K + k]! * hidden[k]!;
    gate[c] = 1 / (1 + exp(-z));
  }
  return { mean, hidden, gate };
}

/** Hu et al., "Squeeze-and-excitation networks" (2018), eqs. 2–4: y = x·σ(W₂·max(0, W₁·mean(x) + b₁) + b₂). */
export const squeezeExcitation: ReferenceKernel<'squeezeExcitation'> = ([x, ...weights], [y, gates]) => {
  const [N, C, H, W] = x!.shape as [number, number, number, number];
  for (let n = 0; n < N; n++) {
    const { gate } = gateOf(x!.data, n, H * W, weights);
    for (let c = 0; c < C; c++) {
      gates!.data[n * C + c] = gate[c]!;
      const first = (n * C + c) * H * W;
      for (let i = first; i < first + H * W; i++) y!.data[i] = x!.data[i]! * gate[c]!;
    }
  }
};

/**
 * With z the sum before σ and s the mean: dz = (Σ dy·x)·g·(1−g); dh = W₂ᵀ·dz where h > 0; dx = dy·g + W₁ᵀ·dh/(H·W);
 * dW₂ = Σₙ dz·hᵀ, db₂ = Σₙ dz, dW₁ = Σₙ dh·sᵀ, db₁ = Σₙ dh.
 */
export const squeezeExcitationBackward: ReferenceKernel<'squeezeExcitationBackward'> = (
  [x, dy, ...weights],
  [dx, dw1, db1, dw2, db2],
) => {
  const [N, C, H, W] = x!.shape as [number, number, number, number];
  const K = weights[0]!.shape[0]!;
  const [w1, , w2] = weights;
  const plane = H * W;
  for (const d of [dw1!, db1!, dw2!, db2!]) d.data.fill(0);
  for (let n = 0; n < N; n++) {
    const { mean, hidden, gate } = gateOf(x!.data, n, plane, weights);
    const dz = new Float64Array(C);
    for (let c = 0; c < C; c++) {
      const first = (n * C + c) * plane;
      for (let i = first; i < first + plane; i++) dz[c]! += dy!.data[i]! * x!.data[i]!;
      dz[c]! *= gate[c]! * (1 - gate[c]!);
      db2!.data[c]! += dz[c]!;
      for (let k = 0; k < K; k++) dw2!.data[c * K + k]! += dz[c]! * hidden[k]!;
    }
    const dMean = new Float64Array(C);
    for (let k = 0; k < K; k++) {
      let dh = 0;
      if (hidden[k]! > 0) for (let c = 0; c < C; c++) dh += w2!.data[c * K + k]! * dz[c]!;
      db1!.data[k]! += dh;
      for (let c = 0; c < C; c++) {
        dw1!.data[k * C + c]! += dh * mean[c]!;
        dMean[c]! += dh * w1!.data[k * C + c]!;
      }
    }
    for (let c = 0; c < C; c++) {
      const first = (n * C + c) * plane;
      for (let i = first; i < first + plane; i++) {
        dx!.data[i] = dy!.data[i]! * gate[c]! + dMean[c]! / plane;
      }
    }
  }
};
