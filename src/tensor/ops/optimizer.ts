/** Optimiser steps, one or all parameters at once. Formulas: `kernels/reference/optimizer.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { tensor } from '../create.ts';
import { type Shape, sameShape, sizeOf } from '../shape.ts';
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

/** @throws ShapeError unless `shape` is [] */
function checkScalar(op: string, name: string, shape: Shape): void {
  if (shape.length > 0)
    throw new ShapeError('shape/optimizer', `${op}: the ${name} has shape ${formatShape(shape)}, not []`);
}

/** Not differentiable by design. */
export const globalNorm: OpSpec<OpAttributes['globalNorm']> = {
  shape: ([loss, previous, ...gradients]) => {
    if (gradients.length === 0)
      throw new ShapeError('shape/optimizer', 'globalNorm: needs a loss, a previous norm and gradients');
    checkScalar('globalNorm', 'loss', loss!);
    checkScalar('globalNorm', 'previous norm', previous!);
    return [[]];
  },
  gradient: null,
  unfused: ([, , ...gradients]) => [
    gradients
      .map((g) => g.square().sum())
      .reduce((a, b) => a.add(b))
      .sqrt(),
  ],
  samples: [
    [[7]],
    [[3, 5], [], [130, 17], [1, 1]],
    // More than one dispatch on a GPU, and gradients of several workgroups.
    [[5000], ...Array.from({ length: 21 }, (_, i) => [i + 1, 3]), [4097]],
    // More than one piece on the cpu.
    [[3], [40_003]],
  ].map((gradients) => ({ shapes: [[], [], ...gradients], attributes: {} })),
  tolerance: { cpu: 3e-7, webgpu: 1e-6 },
};

const adamw = { learningRate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05, step: 3 };
const sgd = { learningRate: 0.1, momentum: 0.9, weightDecay: 1e-2, nesterov: false };
const fourDomains = ['normal', 'normal', 'normal', 'positive'] as const;
const shapes: readonly Shape[] = [[1], [7], [3, 5], [16, 3, 3, 3], [130, 17]];

/** Not differentiable by design. */
export const adamwStep: OpSpec<OpAttributes['adamwStep']> = {
  shape: ([parameter, gradient, m, v, norm], { clipNorm, decayed }) => {
    const shape = sameAsParameter('adamwStep', [parameter!, gradient!, m!, v!]);
    if (norm) checkScalar('adamwStep', 'norm', norm);
    if (!(clipNorm >= 0) || (clipNorm > 0 && !norm)) {
      throw new ShapeError(
        'shape/optimizer',
        `adamwStep: cannot clip to ${clipNorm}${norm ? '' : ', there is no norm'}`,
      );
    }
    if (!Number.isInteger(decayed) || decayed < 0 || decayed > sizeOf(shape)) {
      throw new ShapeError('shape/optimizer', `adamwStep: ${decayed} of ${formatShape(shape)} to decay`);
    }
    return [shape, shape, shape];
  },
  gradient: null,
  unfused: ([parameter, given, m, v, norm], a) => {
    const gradient =
      a.clipNorm > 0 ? given!.div(norm!.maximum(a.clipNorm).affine(1 / a.clipNorm, 0)) : given!;
    const first = m!.mul(a.beta1).add(gradient.mul(1 - a.beta1));
    const second = v!.mul(a.beta2).add(gradient.square().mul(1 - a.beta2));
    let [power1, power2] = [1, 1];
    for (let i = 0; i < a.step; i++) [power1, power2] = [power1 * a.beta1, power2 * a.beta2];
    const update = first.mul(1 / (1 - power1)).div(
      second
        .mul(1 / (1 - power2))
        .sqrt()
        .add(a.epsilon),
    );
    const decay = tensor(
      Float64Array.from({ length: parameter!.size }, (_, i) =>
        i < a.decayed ? 1 - a.learningRate * a.weightDecay : 1,
      ),
      parameter!.shape,
      { backend: parameter!.backend },
    );
    return [parameter!.mul(decay).sub(update.mul(a.learningRate)), first, second];
  },
  samples: [
    ...shapes.map((shape) => ({
      shapes: [shape, shape, shape, shape],
      attributes: { ...adamw, clipNorm: 0, decayed: sizeOf(shape) },
      domains: fourDomains,
    })),
    ...shapes.flatMap((shape) =>
      // The norm that is drawn lies between the last two.
      [0, 1e-2, 100].map((clipNorm, i) => ({
        shapes: [shape, shape, shape, shape, []],
        attributes: { ...adamw, clipNorm, decayed: Math.floor((sizeOf(shape) * i) / 2.2) },
        domains: [...fourDomains, 'positive' as const],
      })),
    ),
  ],
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

/** Not differentiable by design: it moves averages, of which nothing is differentiated. */
export const blend: OpSpec<OpAttributes['blend']> = {
  shape: ([a, b, guard]) => {
    if (!sameShape(a!, b!))
      throw new ShapeError('shape/optimizer', `blend: ${formatShape(b!)} does not fit ${formatShape(a!)}`);
    if (guard) checkScalar('blend', 'guard', guard);
    return [a!];
  },
  gradient: null,
  unfused: ([a, b], { keep, take }) => [a!.affine(keep, 0).add(b!.affine(take, 0))],
  samples: shapes.flatMap((shape) => [
    { shapes: [shape, shape], attributes: { keep: 0.9, take: 0.1 } },
    { shapes: [shape, shape, []], attributes: { keep: 0.75, take: -1.5 } },
  ]),
  tolerance: { cpu: 3e-7, webgpu: 3e-7 },
};
