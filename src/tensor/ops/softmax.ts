/** Softmax, its logarithm, and the loss built on it. Formulas: `kernels/reference/softmax.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { OpSpec, Sample } from '../spec.ts';

type None = OpAttributes['softmax'];

const shapes: readonly Shape[] = [[1], [5], [3, 7], [2, 3, 2], [4, 129], [2, 3, 33, 5], [600, 2], [3, 700]];
const samples: readonly Sample<None>[] = shapes.map((shape) => ({ shapes: [shape], attributes: {} }));

function shape(op: string): OpSpec<None>['shape'] {
  return ([x]) => {
    if (x!.length < 1) throw new ShapeError('shape/softmax', `${op}: a scalar has no axis to normalise over`);
    return [x!];
  };
}

/** dx = y·(g − Σ g·y). */
export const softmax: OpSpec<None> = {
  shape: shape('softmax'),
  gradient: ({ outputs: [y] }, [g]) => [y!.mul(g!.sub(g!.mul(y!).sum(-1, true)))],
  samples,
  tolerance: { cpu: 2e-6, webgpu: 2e-6 },
};

/** dx = g − softmax(x)·Σ g. */
export const logSoftmax: OpSpec<None> = {
  shape: shape('logSoftmax'),
  gradient: ({ outputs: [y] }, [g]) => [g!.sub(y!.exp().mul(g!.sum(-1, true)))],
  samples,
  tolerance: { cpu: 2e-6, webgpu: 2e-6 },
};

/** d logits = g·(softmax·Σ targets − targets); d targets = −g·logSoftmax. */
export const softmaxCrossEntropy: OpSpec<None> = {
  shape: ([logits, targets]) => {
    if (logits!.length !== 2 || !sameShape(logits!, targets!)) {
      throw new ShapeError(
        'shape/loss',
        `softmaxCrossEntropy: logits ${formatShape(logits!)} and targets ${formatShape(targets!)} must both be [N, C]`,
      );
    }
    return [[logits![0]!]];
  },
  gradient: ({ inputs: [logits, targets] }, [g], needs) => {
    const column = g!.reshape([-1, 1]);
    return [
      needs[0] ? column.mul(logits!.softmax().mul(targets!.sum(-1, true)).sub(targets!)) : null,
      needs[1] ? column.mul(logits!.logSoftmax()).neg() : null,
    ];
  },
  unfused: ([logits, targets]) => [targets!.mul(logits!.logSoftmax()).sum(-1).neg()],
  samples: [
    {
      shapes: [
        [1, 2],
        [1, 2],
      ],
      attributes: {},
      domains: ['normal', 'probability'],
    },
    {
      shapes: [
        [5, 3],
        [5, 3],
      ],
      attributes: {},
      domains: ['normal', 'probability'],
    },
    {
      shapes: [
        [33, 7],
        [33, 7],
      ],
      attributes: {},
      domains: ['normal', 'positive'],
    },
    {
      shapes: [
        [300, 2],
        [300, 2],
      ],
      attributes: {},
      domains: ['normal', 'probability'],
    },
    {
      shapes: [
        [3, 1100],
        [3, 1100],
      ],
      attributes: {},
      domains: ['normal', 'probability'],
    },
  ],
  tolerance: { cpu: 2e-6, webgpu: 2e-6 },
};
