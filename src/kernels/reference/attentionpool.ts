import { exp, tanh } from '../../base/math.ts';
import { countOf, type Data, type ReferenceKernel, type ReferenceOperand } from './kernel.ts';
import { rowMaximum } from './softmax.ts';

/** y [M,P] = a [M,K]·x [K,P], x being the image of that number. */
function product(a: ReferenceOperand, x: Data, image: number, positions: number): Float64Array {
  const [M, K] = a.shape as [number, number];
  const y = new Float64Array(M * positions);
  for (let m = 0; m < M; m++) {
    for (let k = 0; k < K; k++) {
      for (let p = 0; p < positions; p++) {
        y[m * positions + p]! += a.data[m * K + k]! * x[(image * K + k) * positions + p]!;
      }
    }
  }
  return y;
}

function addBias(y: Float64Array, bias: ReferenceOperand, positions: number): void {
  for (let i = 0; i < y.length; i++) y[i]! += bias.data[Math.floor(i / positions)]!;
}

/** tanh(W·x + b) of one image: what the scores see where there is a hidden layer. */
function hiddenOf(x: Data, image: number, positions: number, w: ReferenceOperand, b: ReferenceOperand) {
  const z = product(w, x, image, positions);
  addBias(z, b, positions);
  return z.map(tanh);
}

/**
 * Ilse, Tomczak & Welling, "Attention-based deep multiple instance learning" (2018), eqs. 7 and 8:
 * pooled = Σ_p weight_p·x_p with weight = softmax over p of W·tanh(V·x_p + c) + b, or of W·x_p + b.
 */
export const attentionPool: ReferenceKernel<'attentionPool'> = ([x, ...parameters], [pooled, weights]) => {
  const [N, F, P] = x!.shape as [number, number, number];
  const [scoreWeight, scoreBias] = parameters.slice(-2);
  const heads = scoreWeight!.shape[0]!;
  pooled!.data.fill(0, 0, N * F * heads);
  for (let n = 0; n < N; n++) {
    const scores =
      parameters.length === 4
        ? product(scoreWeight!, hiddenOf(x!.data, n, P, parameters[0]!, parameters[1]!), 0, P)
        : product(scoreWeight!, x!.data, n, P);
    addBias(scores, scoreBias!, P);
    for (let h = 0; h < heads; h++) {
      const greatest = rowMaximum(scores, h * P, P);
      let sum = 0;
      for (let p = 0; p < P; p++) sum += exp(scores[h * P + p]! - greatest);
      for (let p = 0; p < P; p++) {
        const weight = exp(scores[h * P + p]! - greatest) / sum;
        weights!.data[(n * heads + h) * P + p] = weight;
        for (let f = 0; f < F; f++) {
          pooled!.data[(n * F + f) * heads + h]! += weight * x!.data[(n * F + f) * P + p]!;
        }
      }
    }
  }
};

/**
 * With g the gradient of the mean: dWeight = gᵀ·x; ds = weight·(dWeight − Σ_p dWeight·weight) for the scores; of what
 * they see, t, it is dt = Wᵀ·ds; dz = dt·(1 − t²) before the tanh; dx = g·weight + Vᵀ·dz, or g·weight + dt where t is x.
 * dW = Σₙ ds·tᵀ, db = Σ ds, dV = Σₙ dz·xᵀ, dc = Σ dz. The weights are what `attentionPool` gave.
 */
export const attentionPoolBackward: ReferenceKernel<'attentionPoolBackward'> = (
  [x, g, ...others],
  [dx, ...gradients],
) => {
  const [N, F, P] = x!.shape as [number, number, number];
  const [scoreWeight, weights] = others.slice(-2);
  const [heads, K] = scoreWeight!.shape as [number, number];
  const withHidden = others.length === 4;
  const [dScoreWeight, dScoreBias] = gradients.slice(-2);
  for (const { data, shape } of gradients) data.fill(0, 0, countOf(shape));
  for (let n = 0; n < N; n++) {
    const seen = withHidden
      ? hiddenOf(x!.data, n, P, others[0]!, others[1]!)
      : x!.data.slice(n * F * P, (n + 1) * F * P);
    const dSeen = new Float64Array(K * P);
    const dxOf = new Float64Array(F * P);
    for (let h = 0; h < heads; h++) {
      const row = (n * heads + h) * P;
      const ds = new Float64Array(P);
      for (let f = 0; f < F; f++) {
        const gradient = g!.data[(n * F + f) * heads + h]!;
        for (let p = 0; p < P; p++) {
          ds[p]! += gradient * x!.data[(n * F + f) * P + p]!;
          dxOf[f * P + p]! += gradient * weights!.data[row + p]!;
        }
      }
      let mean = 0;
      for (let p = 0; p < P; p++) mean += ds[p]! * weights!.data[row + p]!;
      for (let p = 0; p < P; p++) {
        ds[p] = weights!.data[row + p]! * (ds[p]! - mean);
        dScoreBias!.data[h]! += ds[p]!;
        for (let k = 0; k < K; k++) {
          dScoreWeight!.data[h * K + k]! += ds[p]! * seen[k * P + p]!;
          dSeen[k * P + p]! += ds[p]! * scoreWeight!.data[h * K + k]!;
        }
      }
    }
    if (withHidden) {
      const [hiddenWeight] = others;
      const [dHiddenWeight, dHiddenBias] = gradients;
      for (let k = 0; k < K; k++) {
        for (let p = 0; p < P; p++) {
          const dz = dSeen[k * P + p]! * (1 - seen[k * P + p]! * seen[k * P + p]!);
          dHiddenBias!.data[k]! += dz;
          for (let f = 0; f < F; f++) {
            dHiddenWeight!.data[k * F + f]! += dz * x!.data[(n * F + f) * P + p]!;
            dxOf[f * P + p]! += dz * hiddenWeight!.data[k * F + f]!;
          }
        }
      }
    } else {
      for (let i = 0; i < F * P; i++) dxOf[i]! += dSeen[i]!;
    }
    dx!.data.set(dxOf, n * F * P);
  }
};
