/** Scaled dot-product attention (Vaswani et al. 2017). Formulas: `kernels/reference/attention.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import type { OpSpec } from '../spec.ts';

type Attributes = OpAttributes['attention'];

const sizes: readonly (readonly [number, number, number, number, number])[] = [
  [1, 1, 1, 1, 1],
  [2, 3, 3, 4, 4],
  [1, 5, 7, 3, 2],
  [3, 17, 13, 9, 5],
  [2, 33, 40, 16, 16],
];

export const attention: OpSpec<Attributes> = {
  shape: ([q, k, v]) => {
    const fit = q!.length === 3 && k!.length === 3 && v!.length === 3 && q![0] === k![0] && k![0] === v![0];
    if (!fit || q![2] !== k![2] || k![1] !== v![1]) {
      throw new ShapeError(
        'shape/attention',
        `attention: queries ${formatShape(q!)}, keys ${formatShape(k!)} and values ${formatShape(v!)} must be [B,T,D], [B,S,D] and [B,S,E]`,
      );
    }
    return [[q![0]!, q![1]!, v![2]!]];
  },
  /** With P = softmax(q·kᵀ·s): dV = Pᵀg; dS = P·(gVᵀ − Σ P·gVᵀ); dQ = dS·k·s; dK = dSᵀ·q·s. P is recomputed. */
  gradient: ({ inputs, attributes: { scale } }, [g], needs) => {
    const [q, k, v] = [inputs[0]!, inputs[1]!, inputs[2]!];
    const p = q.matmul(k, { transposeB: true }).affine(scale, 0).softmax();
    const dv = needs[2] ? p.matmul(g!, { transposeA: true }) : null;
    if (!needs[0] && !needs[1]) return [null, null, dv];
    const dp = g!.matmul(v, { transposeB: true });
    const ds = p.mul(dp.sub(p.mul(dp).sum(-1, true))).affine(scale, 0);
    return [needs[0] ? ds.matmul(k) : null, needs[1] ? ds.matmul(q, { transposeA: true }) : null, dv];
  },
  unfused: ([q, k, v], { scale }) => [
    q!.matmul(k!, { transposeB: true }).affine(scale, 0).softmax().matmul(v!),
  ],
  samples: sizes.map(([b, t, s, d, e]) => ({
    shapes: [
      [b, t, d],
      [b, s, d],
      [b, s, e],
    ],
    attributes: { scale: 0.6 },
  })),
  tolerance: { cpu: 5e-6, webgpu: 5e-6 },
};
