/** Dropout (Srivastava et al. 2014), per unit or per channel. Formulas: `kernels/reference/dropout.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import type { OpSpec } from '../spec.ts';

const place = { seed: 7, stream: 3, step: 11 };

export const dropout: OpSpec<OpAttributes['dropout']> = {
  shape: ([x], { p, perChannel }) => {
    if (!(p >= 0 && p < 1)) throw new ShapeError('shape/dropout', `dropout: p = ${p} is not in [0, 1)`);
    if (perChannel && x!.length < 2) {
      throw new ShapeError('shape/dropout', `dropout: ${formatShape(x!)} has no channel axis to drop`);
    }
    return [x!];
  },
  /** The same mask again: it is a function of where it is drawn, not of a state. */
  gradient: ({ attributes }, [g]) => [g!.dropout(attributes)],
  samples: [
    { shapes: [[13]], attributes: { ...place, p: 0.5, perChannel: false } },
    { shapes: [[3, 5, 7]], attributes: { ...place, p: 0.1, perChannel: false } },
    { shapes: [[3, 5, 4, 3]], attributes: { ...place, p: 0.3, perChannel: true } },
    {
      shapes: [[2, 3, 17, 31]],
      attributes: { seed: 2 ** 40 + 5, stream: 1, step: 0, p: 0.25, perChannel: false },
    },
    // On a GPU: several workgroups, and units that begin and end within a vec4.
    { shapes: [[43, 61]], attributes: { ...place, p: 0.4, perChannel: true } },
    { shapes: [[21, 103, 2]], attributes: { ...place, p: 0.5, perChannel: true } },
    { shapes: [[17, 31, 3, 3]], attributes: { ...place, p: 0.2, perChannel: true } },
    { shapes: [[5, 2, 21, 23]], attributes: { ...place, p: 0.5, perChannel: true } },
    { shapes: [[4, 4]], attributes: { ...place, p: 0, perChannel: false } },
  ],
  tolerance: { cpu: 1e-6, webgpu: 1e-6 },
};
