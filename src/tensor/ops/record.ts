/** Keeping numbers of many steps in one place, to be read together. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import type { OpSpec } from '../spec.ts';

/** Not differentiable by design: it runs after backward. */
export const record: OpSpec<OpAttributes['record']> = {
  shape: ([log, a, b], { at }) => {
    const fits = log!.length === 1 && a!.length === 0 && b!.length === 0;
    if (!fits || !Number.isInteger(at) || at < 0 || at + 2 > log![0]!) {
      throw new ShapeError(
        'shape/record',
        `record: ${formatShape(a!)} and ${formatShape(b!)} do not go to places ${at} and ${at + 1} of ${formatShape(log!)}`,
        'Two scalars go into a vector',
      );
    }
    return [log!];
  },
  gradient: null,
  samples: [
    { shapes: [[2], [], []], attributes: { at: 0 } },
    { shapes: [[65], [], []], attributes: { at: 63 } },
    { shapes: [[300], [], []], attributes: { at: 298 } },
  ],
  tolerance: { cpu: 0, webgpu: 0 },
};
