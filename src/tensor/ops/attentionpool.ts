/** Attention pooling (Ilse, Tomczak & Welling 2018). Formulas: `kernels/reference/attentionpool.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import { apply } from '../apply.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { Domain, OpSpec, Sample } from '../spec.ts';
import { throughUnfused } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

type None = Readonly<Record<never, never>>;

/** [N,F,P], heads, hidden units (0: no hidden layer). */
const cases: readonly (readonly [Shape, number, number])[] = [
  [[1, 1, 1], 1, 0],
  [[2, 3, 5], 2, 0],
  [[3, 21, 12], 1, 0],
  [[2, 5, 270], 3, 0],
  [[9, 70, 33], 5, 0],
  [[2, 1, 3], 1, 2],
  [[2, 3, 5], 1, 2],
  [[3, 8, 12], 4, 7],
  [[2, 6, 276], 3, 33],
  [[9, 67, 18], 2, 5],
];

function checkShapes(op: string, x: Shape, parameters: readonly Shape[]): { heads: number } {
  const [f, hidden] = [x[1]!, parameters.length === 4 ? parameters[0]![0]! : 0];
  const heads = parameters.at(-2)?.[0] ?? 0;
  const ofScores = [
    [heads, hidden || f],
    [heads, 1],
  ];
  const expected = hidden ? [[hidden, f], [hidden, 1], ...ofScores] : ofScores;
  const fits =
    parameters.length === expected.length && expected.every((shape, i) => sameShape(shape, parameters[i]!));
  if (x.length === 3 && fits) return { heads };
  throw new ShapeError(
    'shape/attention-pool',
    `${op}: weights and biases ${parameters.map(formatShape).join(', ')} do not fit the features of ${formatShape(x)}`,
    'Expected [heads,F] and [heads,1], or [K,F], [K,1], [heads,K] and [heads,1], for an input [N,F,P]',
  );
}

/** W·tanh(V·x + c), or W·x, before the bias of the scores. */
function hiddenOf(x: Tensor, layer: readonly Tensor[]): Tensor {
  return layer.length === 2 ? layer[0]!.matmul(x).add(layer[1]!).tanh() : x;
}

function weightsOf([x, ...parameters]: readonly Tensor[]): Tensor {
  const [scoreWeight, scoreBias] = parameters.slice(-2);
  return scoreWeight!
    .matmul(hiddenOf(x!, parameters.slice(0, -2)))
    .add(scoreBias!)
    .softmax();
}

function unfused(inputs: readonly Tensor[]): Tensor[] {
  const [n, f] = inputs[0]!.shape as [number, number];
  const weights = weightsOf(inputs);
  return [inputs[0]!.matmul(weights, { transposeB: true }).reshape([n, f * weights.shape[1]!]), weights];
}

function unfusedBackward([x, g, ...others]: readonly Tensor[]): Tensor[] {
  const [n, f] = x!.shape as [number, number];
  const [scoreWeight, weights] = others.slice(-2);
  const layer = others.slice(0, -2);
  const columns = g!.reshape([n, f, scoreWeight!.shape[0]!]);
  const dWeights = columns.matmul(x!, { transposeA: true });
  const dScores = weights!.mul(dWeights.sub(dWeights.mul(weights!).sum(-1, true)));
  const seen = hiddenOf(x!, layer);
  const dSeen = scoreWeight!.matmul(dScores, { transposeA: true });
  const direct = columns.matmul(weights!);
  const ofScores = [dScores.matmul(seen, { transposeB: true }).sum(0), dScores.sum([0, 2]).reshape([-1, 1])];
  if (layer.length === 0) return [direct.add(dSeen), ...ofScores];
  const dBefore = dSeen.mul(seen.square().affine(-1, 1));
  return [
    direct.add(layer[0]!.matmul(dBefore, { transposeA: true })),
    dBefore.matmul(x!, { transposeB: true }).sum(0),
    dBefore.sum([0, 2]).reshape([-1, 1]),
    ...ofScores,
  ];
}

/** What the weights alone give: only asked for where something else than the pooling depends on them. */
const throughWeights = throughUnfused<None>((inputs) => [weightsOf(inputs)]);

function samples(backward: boolean): Sample<None>[] {
  return cases.map(([x, heads, hidden]) => {
    const [n, f, p] = x as [number, number, number];
    const layer: Shape[] = hidden
      ? [
          [hidden, f],
          [hidden, 1],
        ]
      : [];
    const scoreWeight = [heads, hidden || f];
    if (!backward) return { shapes: [x, ...layer, scoreWeight, [heads, 1]], attributes: {} };
    // Weights that do not sum to 1, or the gradient of the bias would be 0 but for rounding.
    const shapes = [x, [n, f * heads], ...layer, scoreWeight, [n, heads, p]];
    const domains: Domain[] = shapes.map(() => 'normal');
    domains[domains.length - 1] = 'positive';
    return { shapes, attributes: {}, domains };
  });
}

export const attentionPool: OpSpec<None> = {
  shape: ([x, ...parameters]) => {
    const { heads } = checkShapes('attentionPool', x!, parameters);
    const [n, f, p] = x as [number, number, number];
    return [
      [n, f * heads],
      [n, heads, p],
    ];
  },
  gradient: (op, [dPooled, dWeights], needs) => {
    const { inputs, outputs } = op;
    const [x, ...parameters] = inputs;
    const pooled = dPooled
      ? apply('attentionPoolBackward', [x!, dPooled, ...parameters.slice(0, -1), outputs[1]!], {})
      : null;
    const weights = dWeights ? throughWeights(op, [dWeights], needs) : null;
    return inputs.map((_, i) => {
      const [a, b] = [pooled?.[i] ?? null, weights?.[i] ?? null];
      return a && b ? a.add(b) : (a ?? b);
    });
  },
  unfused,
  samples: samples(false),
  tolerance: { cpu: 5e-6, webgpu: 5e-6 },
};

/** Weights count as given: what depends on how they were made comes through the gradient of `attentionPool`. */
export const attentionPoolBackward: OpSpec<None> = {
  shape: ([x, g, ...others]) => {
    const [n, f, p] = x as [number, number, number];
    const weights = others[others.length - 1];
    const { heads } = checkShapes('attentionPoolBackward', x!, [
      ...others.slice(0, -1),
      [others[others.length - 2]?.[0] ?? 0, 1],
    ]);
    if (!sameShape(g!, [n, f * heads]) || !sameShape(weights!, [n, heads, p])) {
      throw new ShapeError(
        'shape/attention-pool',
        `attentionPoolBackward: gradient ${formatShape(g!)} and weights ${formatShape(weights!)} do not fit ${formatShape(x!)} and ${heads} heads`,
      );
    }
    return [x!, ...others.slice(0, -1), [heads, 1]];
  },
  gradient: throughUnfused(unfusedBackward),
  unfused: unfusedBackward,
  samples: samples(true),
  tolerance: { cpu: 1e-5, webgpu: 1e-5 },
};
