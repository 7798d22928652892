/** Batch normalisation (Ioffe & Szegedy 2015). Formulas: `kernels/reference/batchnorm.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { apply } from '../apply.ts';
import { noGrad } from '../scope.ts';
import type { Shape } from '../shape.ts';
import type { OpSpec } from '../spec.ts';
import { throughUnfused } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

type Attributes = OpAttributes['batchNorm'];

const cases: readonly (readonly [Shape, Attributes])[] = [
  [[4, 3], { epsilon: 1e-5, relu: false }],
  [[2, 3, 5, 7], { epsilon: 1e-5, relu: false }],
  [[3, 2, 4, 4], { epsilon: 1e-3, relu: true }],
  [[2, 5, 13, 17], { epsilon: 1e-5, relu: true }],
  [[4, 1, 9, 33], { epsilon: 1e-5, relu: false }],
  [[3, 7, 16, 20], { epsilon: 1e-5, relu: true }],
  // Channels of several tiles.
  [[3, 2, 29, 31], { epsilon: 1e-5, relu: true }],
  [[2, 1, 63, 68], { epsilon: 1e-5, relu: false }],
];

function checkChannels(op: string, x: Shape, perChannel: readonly Shape[]): number {
  if (x.length < 2)
    throw new ShapeError('shape/batchnorm', `${op}: input ${formatShape(x)} has no channel axis`);
  for (const shape of perChannel) {
    if (shape.length !== 1 || shape[0] !== x[1]) {
      throw new ShapeError(
        'shape/batchnorm',
        `${op}: ${formatShape(shape)} does not fit the ${x[1]} channels of ${formatShape(x)}`,
      );
    }
  }
  return x[1]!;
}

/** Axes that are averaged, and the shape of a per-channel value that broadcasts over the input. */
function layout(x: Tensor) {
  return {
    axes: x.shape.map((_, axis) => axis).filter((axis) => axis !== 1),
    channel: x.shape.map((extent, axis) => (axis === 1 ? extent : 1)),
    count: x.size / x.shape[1]!,
  };
}

function normalise(x: Tensor, epsilon: number) {
  const { axes } = layout(x);
  const mean = x.mean(axes, true);
  const centred = x.sub(mean);
  const variance = centred.square().mean(axes, true);
  const deviation = variance.add(epsilon).sqrt();
  return { mean, variance, deviation, normal: centred.div(deviation) };
}

function unfused([x, gamma, beta]: readonly Tensor[], { epsilon, relu }: Attributes): Tensor[] {
  const { channel } = layout(x!);
  const { mean, variance, normal } = normalise(x!, epsilon);
  const y = normal.mul(gamma!.reshape(channel)).add(beta!.reshape(channel));
  return [relu ? y.relu() : y, mean.reshape(gamma!.shape), variance.reshape(gamma!.shape)];
}

/** dx = γ/σ·(dy − mean(dy) − x̂·mean(dy·x̂)); statistics are recomputed from x, on which they depend. */
function unfusedBackward(
  [x, upstream, gamma, beta]: readonly Tensor[],
  { epsilon, relu }: Attributes,
): Tensor[] {
  const { axes, channel } = layout(x!);
  const { deviation, normal } = normalise(x!, epsilon);
  const scale = gamma!.reshape(channel);
  const dy = relu ? upstream!.mul(normal.mul(scale).add(beta!.reshape(channel)).greater(0)) : upstream!;
  const dx = dy
    .sub(dy.mean(axes, true))
    .sub(normal.mul(dy.mul(normal).mean(axes, true)))
    .mul(scale.div(deviation));
  return [dx, dy.mul(normal).sum(axes), dy.sum(axes)];
}

export const batchNorm: OpSpec<Attributes> = {
  shape: ([x, gamma, beta]) => {
    const channels = checkChannels('batchNorm', x!, [gamma!, beta!]);
    return [x!, [channels], [channels]];
  },
  differentiableOutputs: 1,
  gradient: ({ inputs: [x, gamma, beta], outputs: [, mean, variance], attributes }, [g]) =>
    apply('batchNormBackward', [x!, g!, gamma!, beta!, mean!, variance!], attributes),
  unfused,
  samples: cases.map(([x, attributes]) => ({ shapes: [x, [x[1]!], [x[1]!]], attributes })),
  tolerance: { cpu: 5e-6, webgpu: 5e-6 },
};

export const batchNormBackward: OpSpec<Attributes> = {
  shape: ([x, dy, ...perChannel]) => {
    const channels = checkChannels('batchNormBackward', x!, perChannel);
    if (formatShape(dy!) !== formatShape(x!)) {
      throw new ShapeError(
        'shape/batchnorm',
        `batchNormBackward: gradient ${formatShape(dy!)} does not fit ${formatShape(x!)}`,
      );
    }
    return [x!, [channels], [channels]];
  },
  gradient: throughUnfused(unfusedBackward),
  unfused: unfusedBackward,
  samples: cases.map(([x, attributes]) => ({
    shapes: [x, x, [x[1]!], [x[1]!]],
    attributes,
    complete: ([input, dy, gamma, beta]) =>
      noGrad(() => {
        const [, mean, variance] = input!.batchNorm(gamma!, beta!, attributes);
        return [input!, dy!, gamma!, beta!, mean, variance];
      }),
  })),
  tolerance: { cpu: 1e-5, webgpu: 1e-5 },
};
