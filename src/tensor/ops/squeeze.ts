/** Squeeze-and-excitation (Hu et al. 2018). Formulas: `kernels/reference/squeeze.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import { apply } from '../apply.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { OpSpec, Sample } from '../spec.ts';
import { throughUnfused } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

type None = Readonly<Record<never, never>>;

/** Images, and hidden units. */
const cases: readonly (readonly [Shape, number])[] = [
  [[1, 1, 1, 1], 1],
  [[2, 3, 5, 7], 2],
  [[3, 8, 4, 6], 4],
  [[2, 20, 3, 9], 5],
  [[9, 33, 8, 10], 7],
];

function checkShapes(op: string, x: Shape, [w1, b1, w2, b2]: readonly Shape[]): void {
  const [c, k] = [x[1]!, b1?.[0] ?? 0];
  const fits = sameShape(w1!, [k, c]) && sameShape(b1!, [k]) && sameShape(w2!, [c, k]) && sameShape(b2!, [c]);
  if (x.length === 4 && fits) return;
  throw new ShapeError(
    'shape/squeeze',
    `${op}: weights ${formatShape(w1!)}, ${formatShape(w2!)} and biases ${formatShape(b1!)}, ${formatShape(b2!)} do not fit the channels of ${formatShape(x)}`,
    'Expected [K,C], [C,K], [K] and [C] for an input [N,C,H,W]',
  );
}

function unfused([x, w1, b1, w2, b2]: readonly Tensor[]): Tensor[] {
  const hidden = x!.mean([2, 3]).matmul(w1!, { transposeB: true }).add(b1!).relu();
  const gate = hidden.matmul(w2!, { transposeB: true }).add(b2!).sigmoid();
  return [x!.mul(gate.reshape([...gate.shape, 1, 1])), gate];
}

function unfusedBackward([x, dy, w1, b1, w2, b2]: readonly Tensor[]): Tensor[] {
  const [n, c, h, w] = x!.shape as [number, number, number, number];
  const mean = x!.mean([2, 3]);
  const before = mean.matmul(w1!, { transposeB: true }).add(b1!);
  const hidden = before.relu();
  const gate = hidden.matmul(w2!, { transposeB: true }).add(b2!).sigmoid();
  const dz = dy!
    .mul(x!)
    .sum([2, 3])
    .mul(gate.mul(gate.affine(-1, 1)));
  const dBefore = dz.matmul(w2!).mul(before.greater(0));
  const dMean = dBefore.matmul(w1!).affine(1 / (h * w), 0);
  return [
    dy!.mul(gate.reshape([n, c, 1, 1])).add(dMean.reshape([n, c, 1, 1]).broadcastTo(x!.shape)),
    dBefore.matmul(mean, { transposeA: true }),
    dBefore.sum(0),
    dz.matmul(hidden, { transposeA: true }),
    dz.sum(0),
  ];
}

function samples(extra: boolean): Sample<None>[] {
  return cases.map(([x, k]) => ({
    shapes: [x, ...(extra ? [x] : []), [k, x[1]!], [k], [x[1]!, k], [x[1]!]],
    attributes: {},
  }));
}

export const squeezeExcitation: OpSpec<None> = {
  shape: ([x, ...weights]) => {
    checkShapes('squeezeExcitation', x!, weights);
    return [x!, x!.slice(0, 2)];
  },
  differentiableOutputs: 1,
  gradient: ({ inputs: [x, ...weights] }, [g]) =>
    apply('squeezeExcitationBackward', [x!, g!, ...weights], {}),
  unfused,
  samples: samples(false),
  tolerance: { cpu: 5e-6, webgpu: 5e-6 },
};

export const squeezeExcitationBackward: OpSpec<None> = {
  shape: ([x, dy, ...weights]) => {
    checkShapes('squeezeExcitationBackward', x!, weights);
    if (!sameShape(dy!, x!)) {
      throw new ShapeError(
        'shape/squeeze',
        `squeezeExcitationBackward: gradient ${formatShape(dy!)} does not fit ${formatShape(x!)}`,
      );
    }
    return [x!, ...weights];
  },
  gradient: throughUnfused(unfusedBackward),
  unfused: unfusedBackward,
  samples: samples(true),
  tolerance: { cpu: 1e-5, webgpu: 1e-5 },
};
