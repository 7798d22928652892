/** Layer normalisation (Ba, Kiros & Hinton 2016). Formulas: `kernels/reference/layernorm.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { apply } from '../apply.ts';
import { noGrad } from '../scope.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { OpSpec } from '../spec.ts';
import { throughUnfused } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

type Attributes = OpAttributes['layerNorm'];

const shapes: readonly Shape[] = [[3], [4, 5], [2, 3, 7], [3, 5, 33], [17, 128], [5, 1031], [301, 20]];
const attributes: Attributes = { epsilon: 1e-5 };

function checkWidth(op: string, x: Shape, perUnit: readonly Shape[]): void {
  const width = x[x.length - 1];
  for (const shape of perUnit) {
    if (shape.length !== 1 || shape[0] !== width) {
      throw new ShapeError(
        'shape/layernorm',
        `${op}: ${formatShape(shape)} does not fit the last axis of ${formatShape(x)}`,
      );
    }
  }
}

function normalise(x: Tensor, epsilon: number) {
  const centred = x.sub(x.mean(-1, true));
  const variance = centred.square().mean(-1, true);
  const deviation = variance.add(epsilon).sqrt();
  return { variance, deviation, normal: centred.div(deviation) };
}

function unfused([x, gamma, beta]: readonly Tensor[], { epsilon }: Attributes): Tensor[] {
  const { variance, normal } = normalise(x!, epsilon);
  const rows = x!.shape.slice(0, -1);
  return [normal.mul(gamma!).add(beta!), x!.mean(-1), variance.reshape(rows)];
}

function unfusedBackward([x, dy, gamma]: readonly Tensor[], { epsilon }: Attributes): Tensor[] {
  const { deviation, normal } = normalise(x!, epsilon);
  const scaled = dy!.mul(gamma!);
  const dx = scaled
    .sub(scaled.mean(-1, true))
    .sub(normal.mul(scaled.mul(normal).mean(-1, true)))
    .div(deviation);
  return [dx, dy!.mul(normal).sumTo(gamma!.shape), dy!.sumTo(gamma!.shape)];
}

export const layerNorm: OpSpec<Attributes> = {
  shape: ([x, gamma, beta]) => {
    checkWidth('layerNorm', x!, [gamma!, beta!]);
    return [x!, x!.slice(0, -1), x!.slice(0, -1)];
  },
  differentiableOutputs: 1,
  gradient: ({ inputs: [x, gamma], outputs: [, mean, variance], attributes }, [g]) =>
    apply('layerNormBackward', [x!, g!, gamma!, mean!, variance!], attributes),
  unfused,
  samples: shapes.map((x) => ({ shapes: [x, x.slice(-1), x.slice(-1)], attributes })),
  tolerance: { cpu: 5e-6, webgpu: 5e-6 },
};

export const layerNormBackward: OpSpec<Attributes> = {
  shape: ([x, dy, gamma, mean, variance]) => {
    checkWidth('layerNormBackward', x!, [gamma!]);
    const rows = x!.slice(0, -1);
    if (!sameShape(dy!, x!) || !sameShape(mean!, rows) || !sameShape(variance!, rows)) {
      throw new ShapeError(
        'shape/layernorm',
        `layerNormBackward: gradient ${formatShape(dy!)} or statistics ${formatShape(mean!)} do not fit ${formatShape(x!)}`,
      );
    }
    return [x!, gamma!, gamma!];
  },
  gradient: throughUnfused(unfusedBackward),
  unfused: unfusedBackward,
  samples: shapes.map((x) => ({
    shapes: [x, x, x.slice(-1)],
    attributes,
    complete: ([input, dy, gamma]) =>
      noGrad(() => {
        const [, mean, variance] = apply('layerNorm', [input!, gamma!, gamma!], attributes);
        return [input!, dy!, gamma!, mean!, variance!];
      }),
  })),
  tolerance: { cpu: 1e-5, webgpu: 1e-5 },
};
