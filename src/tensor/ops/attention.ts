/** Scaled dot-product attention (Vaswani et al. 2017). Formulas: `kernels/reference/attention.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { apply } from '../apply.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { OpSpec } from '../spec.ts';
import { throughUnfused } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

type Attributes = OpAttributes['attention'];

const sizes: readonly (readonly [number, number, number, number, number])[] = [
  [1, 1, 1, 1, 1],
  [2, 3, 3, 4, 4],
  [1, 5, 7, 3, 2],
  [3, 17, 13, 9, 5],
  [2, 33, 40, 16, 16],
  [1, 35, 70, 20, 36],
  [1, 3, 5, 67, 70],
  [1, 2, 130, 5, 3],
];

function checkShapes(op: string, [q, k, v, g]: readonly Shape[]): void {
  const fit = q!.length === 3 && k!.length === 3 && v!.length === 3 && q![0] === k![0] && k![0] === v![0];
  if (!fit || q![2] !== k![2] || k![1] !== v![1]) {
    throw new ShapeError(
      'shape/attention',
      `${op}: queries ${formatShape(q!)}, keys ${formatShape(k!)} and values ${formatShape(v!)} must be [B,T,D], [B,S,D] and [B,S,E]`,
    );
  }
  if (g && !sameShape(g, [q![0]!, q![1]!, v![2]!])) {
    throw new ShapeError(
      'shape/attention',
      `${op}: gradient ${formatShape(g)} does not fit queries ${formatShape(q!)} and values ${formatShape(v!)}`,
    );
  }
}

/** With P = softmax(q·kᵀ·s): dV = Pᵀg; dS = P·(gVᵀ − Σ P·gVᵀ)·s; dQ = dS·k; dK = dSᵀ·q. */
function unfusedBackward([q, k, v, g]: readonly Tensor[], { scale }: Attributes): Tensor[] {
  const p = q!.matmul(k!, { transposeB: true }).affine(scale, 0).softmax();
  const dp = g!.matmul(v!, { transposeB: true });
  const ds = p.mul(dp.sub(p.mul(dp).sum(-1, true))).affine(scale, 0);
  return [ds.matmul(k!), ds.matmul(q!, { transposeA: true }), p.matmul(g!, { transposeA: true })];
}

export const attention: OpSpec<Attributes> = {
  shape: (inputs) => {
    checkShapes('attention', inputs);
    const [q, , v] = inputs;
    return [[q![0]!, q![1]!, v![2]!]];
  },
  gradient: ({ inputs, attributes }, [g]) => apply('attentionBackward', [...inputs, g!], attributes),
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

export const attentionBackward: OpSpec<Attributes> = {
  shape: (inputs) => {
    checkShapes('attentionBackward', inputs);
    return inputs.slice(0, 3);
  },
  gradient: throughUnfused(unfusedBackward),
  unfused: unfusedBackward,
  samples: sizes.map(([b, t, s, d, e]) => ({
    shapes: [
      [b, t, d],
      [b, s, d],
      [b, s, e],
      [b, t, e],
    ],
    attributes: { scale: 0.6 },
  })),
  tolerance: { cpu: 1e-5, webgpu: 1e-5 },
};
