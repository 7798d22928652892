import { pow } from '../../base/math.ts';
import { countOf, type ReferenceKernel } from './kernel.ts';

/**
 * √(Σᵢ Σ gᵢ²) over gradients g₁ … gₙ (Pascanu, Mikolov & Bengio 2013). NaN where `loss` or `previous` is not finite:
 * `previous` is the norm of the step before, so a training that has left the finite numbers stays put, with nothing
 * read back, until somebody looks.
 */
export const globalNorm: ReferenceKernel<'globalNorm'> = ([loss, previous, ...gradients], [norm]) => {
  let sum = 0;
  for (const { data, shape } of gradients) {
    const count = countOf(shape);
    for (let i = 0; i < count; i++) sum += data[i]! * data[i]!;
  }
  const finite = Number.isFinite(loss.data[0]) && Number.isFinite(previous.data[0]);
  norm.data[0] = finite ? Math.sqrt(sum) : Number.NaN;
};

/**
 * Loshchilov & Hutter, "Decoupled weight decay regularization" (2019), Algorithm 2, with the decay scaled by the
 * learning rate as in PyTorch:
 * m ← β₁m+(1−β₁)g, v ← β₂v+(1−β₂)g², θ ← θ(1−ηλ) − η·(m/(1−β₁ᵗ))/(√(v/(1−β₂ᵗ))+ε); λ is 0 from `decayed` on.
 * With a norm, g is divided by max(norm, clipNorm)/clipNorm first, and a norm that is not finite leaves everything
 * as it is. Outputs may share the buffers of their inputs.
 */
export const adamwStep: ReferenceKernel<'adamwStep'> = (
  [parameter, gradient, m, v, norm],
  [newParameter, newM, newV],
  { learningRate, beta1, beta2, epsilon, weightDecay, step, clipNorm, decayed },
) => {
  const mScale = 1 / (1 - pow(beta1, step));
  const vScale = 1 / (1 - pow(beta2, step));
  const count = countOf(parameter.shape);
  const stays = norm !== undefined && !Number.isFinite(norm.data[0]);
  const factor = norm && clipNorm > 0 ? Math.max(norm.data[0]!, clipNorm) * (1 / clipNorm) : 1;
  for (let i = 0; i < count; i++) {
    const [p, m0, v0] = [parameter.data[i]!, m.data[i]!, v.data[i]!];
    const g = gradient.data[i]! / factor;
    const first = beta1 * m0 + (1 - beta1) * g;
    const second = beta2 * v0 + (1 - beta2) * g * g;
    const kept = i < decayed ? p * (1 - learningRate * weightDecay) : p;
    const next = kept - (learningRate * first * mScale) / (Math.sqrt(second * vScale) + epsilon);
    newParameter.data[i] = stays ? p : next;
    newM.data[i] = stays ? m0 : first;
    newV.data[i] = stays ? v0 : second;
  }
};

/**
 * Sutskever et al., "On the importance of initialization and momentum" (2013), in PyTorch's form:
 * g ← g+λθ, u ← μu+g, θ ← θ − η·(nesterov ? g+μu : u). Outputs may share the buffers of their inputs.
 */
export const sgdStep: ReferenceKernel<'sgdStep'> = (
  [parameter, gradient, velocity],
  [newParameter, newVelocity],
  { learningRate, momentum, weightDecay, nesterov },
) => {
  const count = countOf(parameter.shape);
  for (let i = 0; i < count; i++) {
    const g = gradient.data[i]! + weightDecay * parameter.data[i]!;
    const u = momentum * velocity.data[i]! + g;
    newParameter.data[i] = parameter.data[i]! - learningRate * (nesterov ? g + momentum * u : u);
    newVelocity.data[i] = u;
  }
};

/** a·keep + b·take; a, where there is a guard and it is not finite. The output may share the buffer of an input. */
export const blend: ReferenceKernel<'blend'> = ([a, b, guard], [y], { keep, take }) => {
  const count = countOf(a.shape);
  const stays = guard !== undefined && !Number.isFinite(guard.data[0]);
  for (let i = 0; i < count; i++) y.data[i] = stays ? a.data[i]! : a.data[i]! * keep + b.data[i]! * take;
};
