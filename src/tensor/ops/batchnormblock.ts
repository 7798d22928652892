/** What follows a convolution, as one op. Formulas: `kernels/reference/batchnormblock.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { BlockAttributes, PoolAttributes } from '../../kernels/ops.ts';
import { apply, apply1 } from '../apply.ts';
import { windowCount } from '../options.ts';
import { noGrad } from '../scope.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { OpSpec } from '../spec.ts';
import { throughUnfused } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const place = { seed: 7, stream: 3, step: 11 };
const kept = { ...place, p: 0, perChannel: false };
const units = { ...place, p: 0.3, perChannel: false };
const channels = { seed: 2 ** 40 + 5, stream: 1, step: 0, p: 0.4, perChannel: true };

const cases: readonly (readonly [Shape, BlockAttributes])[] = [
  [[1, 1, 2, 3], { epsilon: 1e-3, pool: [1, 1], dropout: kept }],
  [[2, 3, 4, 8], { epsilon: 1e-5, pool: [2, 2], dropout: kept }],
  [[3, 2, 6, 8], { epsilon: 1e-5, pool: [2, 2], dropout: units }],
  [[2, 5, 7, 16], { epsilon: 1e-5, pool: [2, 2], dropout: units }],
  [[2, 3, 7, 9], { epsilon: 1e-5, pool: [2, 2], dropout: units }],
  [[4, 3, 5, 12], { epsilon: 1e-5, pool: [1, 1], dropout: units }],
  [[3, 4, 5, 8], { epsilon: 1e-5, pool: [2, 1], dropout: channels }],
  [[2, 3, 8, 11], { epsilon: 1e-5, pool: [3, 4], dropout: channels }],
  // Channels of several tiles.
  [[2, 2, 64, 18], { epsilon: 1e-5, pool: [2, 2], dropout: units }],
  [[3, 1, 59, 48], { epsilon: 1e-5, pool: [2, 2], dropout: channels }],
  [[2, 2, 37, 29], { epsilon: 1e-5, pool: [1, 2], dropout: units }],
];

function windows({ pool }: BlockAttributes): PoolAttributes {
  return { kernel: pool, stride: pool, padding: [0, 0, 0, 0] };
}

/** The shape of y. */
function blockShape(op: string, x: Shape, perChannel: readonly Shape[], a: BlockAttributes): Shape {
  if (x.length !== 4)
    throw new ShapeError('shape/batchnorm', `${op}: input ${formatShape(x)} needs four axes`);
  for (const shape of perChannel) {
    if (shape.length !== 1 || shape[0] !== x[1]) {
      throw new ShapeError(
        'shape/batchnorm',
        `${op}: ${formatShape(shape)} does not fit the ${x[1]} channels of ${formatShape(x)}`,
      );
    }
  }
  const { p } = a.dropout;
  if (!(p >= 0 && p < 1)) throw new ShapeError('shape/dropout', `${op}: p = ${p} is not in [0, 1)`);
  return [
    x[0]!,
    x[1]!,
    windowCount(op, 'height', x[2]!, a.pool[0], a.pool[0], 0),
    windowCount(op, 'width', x[3]!, a.pool[1], a.pool[1], 0),
  ];
}

function unfused([x, gamma, beta]: readonly Tensor[], a: BlockAttributes): Tensor[] {
  const [active, mean, variance] = x!.batchNorm(gamma!, beta!, { epsilon: a.epsilon, relu: true });
  return [active.maxPool2d(a.pool).dropout(a.dropout), mean, variance];
}

/** Statistics are taken from x once more: they depend on it. */
function unfusedBackward([x, dy, gamma, beta]: readonly Tensor[], a: BlockAttributes): readonly Tensor[] {
  const normalisation = { epsilon: a.epsilon, relu: true };
  const [active, mean, variance] = x!.batchNorm(gamma!, beta!, normalisation);
  const scattered = apply1('maxPool2dScatter', [active, dy!.dropout(a.dropout)], windows(a));
  return apply('batchNormBackward', [x!, scattered, gamma!, beta!, mean, variance], normalisation);
}

export const batchNormBlock: OpSpec<BlockAttributes> = {
  shape: ([x, gamma, beta], a) => {
    const y = blockShape('batchNormBlock', x!, [gamma!, beta!], a);
    return [y, [x![1]!], [x![1]!]];
  },
  differentiableOutputs: 1,
  gradient: ({ inputs: [x, gamma, beta], outputs: [, mean, variance], attributes }, [g]) =>
    apply('batchNormBlockBackward', [x!, g!, gamma!, beta!, mean!, variance!], attributes),
  unfused,
  samples: cases.map(([x, attributes]) => ({ shapes: [x, [x[1]!], [x[1]!]], attributes })),
  tolerance: { cpu: 5e-6, webgpu: 5e-6 },
};

export const batchNormBlockBackward: OpSpec<BlockAttributes> = {
  shape: ([x, dy, ...perChannel], a) => {
    const y = blockShape('batchNormBlockBackward', x!, perChannel, a);
    if (!sameShape(dy!, y)) {
      throw new ShapeError(
        'shape/batchnorm',
        `batchNormBlockBackward: gradient ${formatShape(dy!)} does not fit ${formatShape(y)}`,
      );
    }
    return [x!, [x![1]!], [x![1]!]];
  },
  gradient: throughUnfused(unfusedBackward),
  unfused: unfusedBackward,
  samples: cases.map(([x, attributes]) => ({
    shapes: [x, blockShape('', x, [], attributes), [x[1]!], [x[1]!]],
    attributes,
    complete: ([input, dy, gamma, beta]) =>
      noGrad(() => {
        const [, mean, variance] = input!.batchNorm(gamma!, beta!, { epsilon: attributes.epsilon });
        return [input!, dy!, gamma!, beta!, mean, variance];
      }),
  })),
  tolerance: { cpu: 1e-5, webgpu: 1e-5 },
};
