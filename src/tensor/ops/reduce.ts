/** Reductions over axes. Formulas: `kernels/reference/reduce.ts`. */
import { ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { reducedShape, type Shape } from '../shape.ts';
import type { OpSpec, Sample } from '../spec.ts';

type Reduction = OpAttributes['sum'];

const cases: readonly (readonly [Shape, readonly number[]])[] = [
  [[], []],
  [[1], [0]],
  [[13], [0]],
  [[3, 5], [1]],
  [[3, 5], [0]],
  [
    [2, 3, 5],
    [0, 2],
  ],
  [[4, 3, 5], [1]],
  [
    [3, 5, 7, 9],
    [0, 2, 3],
  ],
  [
    [2, 17, 33],
    [0, 1, 2],
  ],
  [[70, 131], [0]],
  [[5, 1031], [1]],
  [[40, 72], [0]],
  [[3, 20, 24], [1]],
  [[9, 44], [1]],
  [
    [3, 5, 8],
    [0, 2],
  ],
  [
    [2, 3, 5, 4],
    [1, 3],
  ],
  [
    [2, 3, 2, 3, 2],
    [1, 3],
  ],
  // Long enough to be cut into ranges.
  [[16651], [0]],
  [[4201, 3], [0]],
];

const samples: readonly Sample<Reduction>[] = cases.map(([shape, axes], i) => ({
  shapes: [shape],
  attributes: { axes, keepDims: i % 2 === 1 },
}));

function shape(op: string): OpSpec<Reduction>['shape'] {
  return ([x], { axes, keepDims }) => {
    if (axes.some((axis) => !(axis >= 0 && axis < x!.length))) {
      throw new ShapeError(
        'shape/axes',
        `${op}: axes ${axes.join(',')} do not all exist in a tensor of rank ${x!.length}`,
      );
    }
    return [reducedShape(x!, axes, keepDims)];
  };
}

export const sum: OpSpec<Reduction> = {
  shape: shape('sum'),
  gradient: ({ inputs, attributes }, [g]) => {
    const x = inputs[0]!;
    return [g!.reshape(reducedShape(x.shape, attributes.axes, true)).broadcastTo(x.shape)];
  },
  samples,
  tolerance: { cpu: 2e-6, webgpu: 2e-6 },
};

export const max: OpSpec<Reduction> = {
  shape: shape('max'),
  /** Shared equally between equal maxima (as PyTorch's amax does). */
  gradient: ({ inputs, outputs, attributes }, [g]) => {
    const x = inputs[0]!;
    const kept = reducedShape(x.shape, attributes.axes, true);
    const mask = x.equal(outputs[0]!.reshape(kept));
    return [mask.mul(g!.reshape(kept).div(mask.sum(attributes.axes, true)))];
  },
  samples,
  tolerance: { cpu: 0, webgpu: 0 },
};
