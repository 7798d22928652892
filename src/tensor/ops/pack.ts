/** Many tensors as one vector, so that one op changes all of them: what optimisers work on. */

import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { packingOf } from '../../kernels/packing.ts';
import type { Shape } from '../shape.ts';
import type { OpSpec } from '../spec.ts';

const cases: readonly (readonly Shape[])[] = [
  [[1]],
  [[3], [5, 7]],
  [[], [64], [2, 3, 4, 5], [65]],
  // More than a WebGPU stage can bind.
  [[16, 1, 3, 3], ...Array.from({ length: 20 }, (_, i) => [1 + 13 * i]), [32, 16, 3, 3]],
];

/** Not differentiable by design: it runs after backward. */
export const pack: OpSpec<OpAttributes['pack']> = {
  shape: (inputs, { scales }) => {
    if (scales && scales.length !== inputs.length) {
      throw new ShapeError(
        'shape/pack',
        `pack: ${scales.length} scales for ${inputs.map(formatShape).join(' ')}`,
      );
    }
    return [[packingOf(inputs).length]];
  },
  gradient: null,
  samples: cases.flatMap((shapes) => [
    { shapes, attributes: {} },
    { shapes, attributes: { scales: shapes.map((_, i) => 0.1 + i) } },
  ]),
  tolerance: { cpu: 0, webgpu: 0 },
};
