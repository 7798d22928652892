/** Optimiser steps, a whole parameter at once. Formulas: `kernels/reference/optimizer.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { OpSpec } from '../spec.ts';

function sameAsParameter(op: string, inputs: readonly Shape[]): Shape {
  const [parameter, ...others] = inputs;
  for (const shape of others) {
    if (!sameShape(shape, parameter!)) {
      throw new ShapeError(
        'shape/optimizer',
        `${op}: ${formatShape(shape)} does not fit the parameter ${formatShape(parameter!)}`,
      );
    }
  }
  return parameter!;
}

const adamw = { learningRate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05, step: 3 };
const sgd = { learningRate: 0.1, momentum: 0.9, weightDecay: 1e-2, nesterov: false };
const shapes: readonly Shape[] = [[1], [7], [3, 5], [16, 3, 3, 3], [130, 17]];

/** Not differentiable by design. */
export const adamwStep: OpSpec<OpAttributes['adamwStep']> = {
  shape: (inputs) => {
    const shape = sameAsParameter('adamwStep', inputs);
    return [shape, shape, shape];
  },
  gradient: null,
  unfused: ([parameter, gradient, m, v], a) => {
    const first = m!.mul(a.beta1).add(gradient!.mul(1 - a.beta1));
    const second = v!.mul(a.beta2).add(gradient!.square().mul(1 - a.beta2));
    let [power1, power2] = [1, 1];
    for (let i = 0; i < a.step; i++) [power1, power2] = [power1 * a.beta1, power2 * a.beta2];
    const update = first.mul(1 / (1 - power1)).div(
      second
        .mul(1 / (1 - power2))
        .sqrt()
        .add(a.epsilon),
    );
    return [
      parameter!.mul(1 - a.learningRate * a.weightDecay).sub(update.mul(a.learningRate)),
      first,
      second,
    ];
  },
  samples: shapes.map((shape) => ({
    shapes: [shape, shape, shape, shape],
    attributes: adamw,
    domains: ['normal', 'normal', 'normal', 'positive'],
  })),
  tolerance: { cpu: 3e-6, webgpu: 3e-6 },
};

/** Not differentiable by design. */
export const sgdStep: OpSpec<OpAttributes['sgdStep']> = {
  shape: (inputs) => {
    const shape = sameAsParameter('sgdStep', inputs);
    return [shape, shape];
  },
  gradient: null,
  unfused: ([parameter, gradient, velocity], a) => {
    const decayed = gradient!.add(parameter!.mul(a.weightDecay));
    const next = velocity!.mul(a.momentum).add(decayed);
    const direction = a.nesterov ? decayed.add(next.mul(a.momentum)) : next;
    return [parameter!.sub(direction.mul(a.learningRate)), next];
  },
  samples: shapes.flatMap((shape) =>
    [false, true].map((nesterov) => ({ shapes: [shape, shape, shape], attributes: { ...sgd, nesterov } })),
  ),
  tolerance: { cpu: 3e-6, webgpu: 3e-6 },
};
