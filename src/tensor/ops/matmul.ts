import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { OpSpec, Sample } from '../spec.ts';

type Attributes = OpAttributes['matmul'];

/** Left and right, before any transpose. */
const cases: readonly (readonly [Shape, Shape])[] = (
  [
    ['1,1', '1,1'],
    ['2,3', '3,5'],
    ['5,7', '7,1'],
    ['2,3,4', '2,4,5'],
    ['3,5,2', '2,7'],
    ['2,3', '4,3,5'],
    ['13,67', '67,19'],
    ['2,3,9,17', '2,3,17,11'],
    ['32,129', '129,2'],
    // Whole vectors of four; operands shared by a batch.
    ['2,12,36', '2,36,20'],
    ['12,36', '3,36,20'],
    ['3,9,36', '36,20'],
    ['33,16', '16,65'],
    // Long sums for few outputs.
    ['9,1030', '1030,10'],
    // Few rows or columns.
    ['1,64', '2,64,36'],
    ['3,41', '41,262'],
    ['2,5,76', '2,76,35'],
    ['2,36,40', '2,40,4'],
    ['3,11,260', '260,7'],
    // Short sums.
    ['2,33,1', '2,1,36'],
    ['6,8', '8,40'],
  ] as const
).map(([a, b]) => [a.split(',').map(Number), b.split(',').map(Number)]);

function swap(shape: Shape, transposed: boolean): Shape {
  return transposed ? [...shape.slice(0, -2), shape[shape.length - 1]!, shape[shape.length - 2]!] : shape;
}

const samples: Sample<Attributes>[] = cases.flatMap(([a, b]) =>
  [0, 1, 2, 3].map((bits) => {
    const attributes = { transposeA: (bits & 1) === 1, transposeB: (bits & 2) === 2 };
    return { shapes: [swap(a, attributes.transposeA), swap(b, attributes.transposeB)], attributes };
  }),
);

/** C = op(A)·op(B), op being the transpose where asked. Each gradient is one product again, without copies. */
export const matmul: OpSpec<Attributes> = {
  shape: ([a, b], { transposeA, transposeB }) => {
    const fail = (why: string) =>
      new ShapeError(
        'shape/matmul',
        `matmul: ${formatShape(a!)}${transposeA ? 'ᵀ' : ''} · ${formatShape(b!)}${transposeB ? 'ᵀ' : ''}: ${why}`,
      );
    if (a!.length < 2 || b!.length < 2) throw fail('both need at least two axes');
    const [left, right] = [swap(a!, transposeA), swap(b!, transposeB)];
    const [k, l] = [left[left.length - 1]!, right[right.length - 2]!];
    if (k !== l) throw fail(`the inner extents ${k} and ${l} differ`);
    const [batchA, batchB] = [a!.slice(0, -2), b!.slice(0, -2)];
    if (batchA.length > 0 && batchB.length > 0 && !sameShape(batchA, batchB))
      throw fail('the leading axes differ');
    const batch = batchA.length > 0 ? batchA : batchB;
    return [[...batch, left[left.length - 2]!, right[right.length - 1]!]];
  },
  gradient: ({ inputs, attributes: { transposeA, transposeB } }, [g], needs) => {
    const [a, b] = [inputs[0]!, inputs[1]!];
    const da = () =>
      transposeA
        ? b.matmul(g!, { transposeA: transposeB, transposeB: true })
        : g!.matmul(b, { transposeB: !transposeB });
    const db = () =>
      transposeB
        ? g!.matmul(a, { transposeA: true, transposeB: transposeA })
        : a.matmul(g!, { transposeA: !transposeA });
    return [needs[0] ? da().sumTo(a.shape) : null, needs[1] ? db().sumTo(b.shape) : null];
  },
  samples,
  tolerance: { cpu: 3e-6, webgpu: 3e-6 },
};
