/** Ops on one input, element by element. Formulas: `kernels/reference/elementwise.ts`. */
import type { OpAttributes } from '../../kernels/ops.ts';
import { apply1 } from '../apply.ts';
import type { Domain, Gradient, OpSpec, Sample } from '../spec.ts';
import type { Tensor } from '../tensor.ts';

type None = OpAttributes['neg'];

const shapes = [[], [1], [7], [3, 5], [2, 3, 17], [4, 33, 31]];

function samples<A>(attributes: A, domain: Domain): Sample<A>[] {
  return shapes.map((shape) => ({ shapes: [shape], attributes, domains: [domain] }));
}

function unary(
  slope: (x: Tensor, y: Tensor, g: Tensor) => Tensor,
  domain: Domain = 'normal',
  cpu = 2e-6,
): OpSpec<None> {
  const gradient: Gradient<None> = ({ inputs, outputs }, [g]) => [slope(inputs[0]!, outputs[0]!, g!)];
  return { shape: ([x]) => [x!], gradient, samples: samples({}, domain), tolerance: { cpu, webgpu: cpu } };
}

export const neg = unary((_x, _y, g) => g.neg());
export const exp = unary((_x, y, g) => g.mul(y));
export const log = unary((x, _y, g) => g.div(x), 'positive');
export const sqrt = unary((_x, y, g) => g.div(y).affine(0.5, 0), 'positive');
export const tanh = unary((_x, y, g) => g.mul(y.square().affine(-1, 1)));
export const sigmoid = unary((_x, y, g) => g.mul(y.mul(y.affine(-1, 1))));
export const relu = unary((x, _y, g) => apply1('reluBackward', [x, g], {}), 'nonzero');
/** d/dx x·Φ(x) = Φ(x) + x·φ(x). */
export const gelu = unary((x, _y, g) => {
  const cumulative = x.affine(Math.SQRT1_2, 0).erf().affine(0.5, 0.5);
  const density = x
    .square()
    .affine(-0.5, 0)
    .exp()
    .affine(1 / Math.sqrt(2 * Math.PI), 0);
  return g.mul(cumulative.add(x.mul(density)));
});
/** 0 below −3, 1 above 3, (2x+3)/6 between. */
export const hardswish = unary((x, _y, g) => {
  const above = x.greater(3);
  const inside = x.greater(-3).sub(above);
  return g.mul(inside.mul(x.affine(1 / 3, 0.5)).add(above));
});
export const erf = unary((x, _y, g) =>
  g.mul(
    x
      .square()
      .neg()
      .exp()
      .affine(2 / Math.sqrt(Math.PI), 0),
  ),
);

export const affine: OpSpec<OpAttributes['affine']> = {
  shape: ([x]) => [x!],
  gradient: ({ attributes }, [g]) => [g!.affine(attributes.scale, 0)],
  samples: samples({ scale: -1.7, offset: 0.3 }, 'normal'),
  tolerance: { cpu: 1e-6, webgpu: 1e-6 },
};
