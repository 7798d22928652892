/** Softmax, its logarithm, and the loss built on it. Formulas: `kernels/reference/softmax.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { apply1 } from '../apply.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { OpSpec, Sample } from '../spec.ts';
import { throughUnfused } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

type None = OpAttributes['softmax'];
type CrossEntropy = OpAttributes['softmaxCrossEntropy'];

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

const sizes: readonly (readonly [number, number])[] = [
  [1, 2],
  [5, 3],
  [33, 7],
  [300, 2],
  [3, 1100],
];

function checkShapes(op: string, [logits, targets]: readonly Shape[]): void {
  if (logits!.length === 2 && sameShape(logits!, targets!)) return;
  throw new ShapeError(
    'shape/loss',
    `${op}: logits ${formatShape(logits!)} and targets ${formatShape(targets!)} must both be [N, C]`,
  );
}

function slopes([logits, targets, g]: readonly Tensor[], { divisor }: CrossEntropy): Tensor[] {
  const whole = targets!.sum(-1, true);
  return [g!.affine(1 / divisor, 0).mul(logits!.softmax().mul(whole).sub(targets!))];
}

/** Targets whose rows sum to 1, and others. */
function lossSamples(...more: readonly Shape[]): Sample<CrossEntropy>[] {
  return sizes.map((size) => ({
    shapes: [size, size, ...more],
    attributes: { divisor: size[0] + 0.5 },
    domains: ['normal', size[0] === 33 ? 'positive' : 'probability'],
  }));
}

/** d targets = −g·logSoftmax / divisor. */
export const softmaxCrossEntropy: OpSpec<CrossEntropy> = {
  shape: (inputs) => {
    checkShapes('softmaxCrossEntropy', inputs);
    return [[]];
  },
  gradient: ({ inputs: [logits, targets], attributes }, [g], needs) => [
    needs[0] ? apply1('softmaxCrossEntropyBackward', [logits!, targets!, g!], attributes) : null,
    needs[1] ? g!.affine(-1 / attributes.divisor, 0).mul(logits!.logSoftmax()) : null,
  ],
  unfused: ([logits, targets], { divisor }) => [
    targets!
      .mul(logits!.logSoftmax())
      .sum()
      .affine(-1 / divisor, 0),
  ],
  samples: lossSamples(),
  tolerance: { cpu: 2e-6, webgpu: 2e-6 },
};

export const softmaxCrossEntropyBackward: OpSpec<CrossEntropy> = {
  shape: (inputs) => {
    checkShapes('softmaxCrossEntropyBackward', inputs);
    const [logits, , g] = inputs;
    if (!sameShape(g!, [])) {
      throw new ShapeError(
        'shape/loss',
        `softmaxCrossEntropyBackward: gradient ${formatShape(g!)} of a loss of logits ${formatShape(logits!)} must be []`,
      );
    }
    return [logits!];
  },
  gradient: throughUnfused(slopes),
  unfused: slopes,
  samples: lossSamples([]),
  tolerance: { cpu: 2e-6, webgpu: 2e-6 },
};
