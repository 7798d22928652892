import { pow } from '../../base/math.ts';
import { countOf, type ReferenceKernel } from './kernel.ts';

/**
 * Loshchilov & Hutter, "Decoupled weight decay regularization" (2019), Algorithm 2, with the decay scaled by the
 * learning rate as in PyTorch:
 * m ← β₁m+(1−β₁)g, v ← β₂v+(1−β₂)g², θ ← θ(1−ηλ) − η·(m/(1−β₁ᵗ))/(√(v/(1−β₂ᵗ))+ε).
 * Outputs may share the buffers of their inputs.
 */
export const adamwStep: ReferenceKernel<'adamwStep'> = (
  [parameter, gradient, m, v],
  [newParameter, newM, newV],
  { learningRate, beta1, beta2, epsilon, weightDecay, step },
) => {
  const mScale = 1 / (1 - pow(beta1, step));
  const vScale = 1 / (1 - pow(beta2, step));
  const count = countOf(parameter.shape);
  for (let i = 0; i < count; i++) {
    const g = gradient.data[i]!;
    const first = beta1 * m.data[i]! + (1 - beta1) * g;
    const second = beta2 * v.data[i]! + (1 - beta2) * g * g;
    const decayed = parameter.data[i]! * (1 - learningRate * weightDecay);
    newParameter.data[i] = decayed - (learningRate * first * mScale) / (Math.sqrt(second * vScale) + epsilon);
    newM.data[i] = first;
    newV.data[i] = second;
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
