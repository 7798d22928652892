/** Ops on two inputs with NumPy broadcasting. Formulas: `kernels/reference/broadcast.ts`. */
import type { OpAttributes } from '../../kernels/ops.ts';
import { apply1 } from '../apply.ts';
import { broadcastShapes, type Shape } from '../shape.ts';
import type { Domain, OpSpec } from '../spec.ts';
import type { Tensor } from '../tensor.ts';

type None = OpAttributes['add'];
type Slopes = (a: Tensor, b: Tensor, y: Tensor, g: Tensor) => readonly [() => Tensor, () => Tensor];

const pairs: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[5], []],
  [[3, 5], [5]],
  [
    [2, 3, 5],
    [3, 1],
  ],
  [
    [4, 1, 7],
    [1, 3, 1],
  ],
  [
    [2, 3, 4, 5],
    [1, 3, 1, 1],
  ],
  [[1], [13]],
  [
    [3, 37, 41],
    [3, 37, 41],
  ],
  [
    [2, 5, 16, 33],
    [5, 1, 1],
  ],
  [
    [6, 1],
    [1, 129],
  ],
  [
    [5, 1, 3],
    [2, 5, 11, 3],
  ],
  [
    [7, 1, 1],
    [3, 7, 13, 11],
  ],
  [[12], [9, 12]],
  [
    [4, 1, 37],
    [1, 29, 37],
  ],
];

function binary(op: string, slopes: Slopes | null, domains: readonly Domain[] = []): OpSpec<None> {
  return {
    shape: ([a, b]) => [broadcastShapes(op, a!, b!)],
    gradient:
      slopes &&
      (({ inputs, outputs }, [g], needs) => {
        const parts = slopes(inputs[0]!, inputs[1]!, outputs[0]!, g!);
        return inputs.map((input, i) => (needs[i] ? parts[i]!().sumTo(input.shape) : null));
      }),
    samples: pairs.map((shapes) => ({ shapes, attributes: {}, domains })),
    tolerance: { cpu: 1e-6, webgpu: 1e-6 },
  };
}

/** Gradient of a maximum or minimum: all to the winner, half each where equal (as PyTorch does). */
function winner(a: Tensor, b: Tensor, g: Tensor): Tensor {
  return g.mul(a.greater(b).add(a.equal(b).affine(0.5, 0)));
}

export const add = binary('add', (_a, _b, _y, g) => [() => g, () => g]);
export const sub = binary('sub', (_a, _b, _y, g) => [() => g, () => g.neg()]);
export const mul = binary('mul', (a, b, _y, g) => [() => g.mul(b), () => g.mul(a)]);
export const div = binary('div', (_a, b, y, g) => [() => g.div(b), () => g.mul(y).div(b).neg()], [
  'normal',
  'nonzero',
]);
export const maximum = binary('maximum', (a, b, _y, g) => [() => winner(a, b, g), () => winner(b, a, g)]);
export const minimum = binary('minimum', (a, b, _y, g) => [() => winner(b, a, g), () => winner(a, b, g)]);
/** Piecewise constant: no gradient. */
export const greater = binary('greater', null);
export const equal = binary('equal', null, [{ levels: 3 }, { levels: 3 }]);
/** Linear in g, piecewise constant in x. */
export const reluBackward: OpSpec<None> = {
  ...binary('reluBackward', null, ['nonzero', 'normal']),
  gradient: ({ inputs }, [g], needs) => [
    null,
    needs[1] ? apply1('reluBackward', [inputs[0]!, g!], {}).sumTo(inputs[1]!.shape) : null,
  ],
};
