/** Squeeze-and-excitation: an image a piece, with the bits of the ops one after the other. */
import type { Shape } from '../backend.ts';
import { type CpuKernel, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';
import { matmul } from './matmul.ts';
import { sum } from './reduce.ts';

const TRANSPOSE_A = { transposeA: true, transposeB: false };
const OVER_IMAGES = { axes: [0], keepDims: false };

function temporary(machine: Machine, shape: Shape): View {
  return { address: machine.temporary(4 * sizeOf(shape)), shape, dtype: 'float' };
}

function sizesOf(x: View, w1: View) {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return { n, c, plane: h * w, k: w1.shape[0]! };
}

export const squeezeExcitation: CpuKernel<'squeezeExcitation'> = (
  machine,
  [x, w1, b1, w2, b2],
  [y, gate],
) => {
  const { n, c, plane, k } = sizesOf(x!, w1!);
  const weights = [w1!.address, b1!.address, w2!.address, b2!.address];
  const integers = [y!.address, gate!.address, x!.address, ...weights, c, k, plane];
  machine.launch('squeezeExcitationKernel', n, integers, [1 / plane], {
    scratch: 4 * (c + 2 * k),
    work: 2 * n * c * (plane + k),
  });
};

export const squeezeExcitationBackward: CpuKernel<'squeezeExcitationBackward'> = (
  machine,
  [x, dy, w1, b1, w2, b2],
  [dx, dw1, db1, dw2, db2],
) => {
  const { n, c, plane, k } = sizesOf(x!, w1!);
  const [mean, dz] = [temporary(machine, [n, c]), temporary(machine, [n, c])];
  const [hidden, dBefore] = [temporary(machine, [n, k]), temporary(machine, [n, k])];
  const weights = [w1!.address, b1!.address, w2!.address, b2!.address];
  const forGradients = [mean.address, hidden.address, dz.address, dBefore.address];
  machine.launch(
    'squeezeExcitationBackwardKernel',
    n,
    [dx!.address, x!.address, dy!.address, ...weights, c, k, plane, ...forGradients],
    [1 / plane],
    { scratch: 4 * (2 * c + k), work: 4 * n * c * (plane + k) },
  );
  sum(machine, [dz], [db2!], OVER_IMAGES);
  sum(machine, [dBefore], [db1!], OVER_IMAGES);
  matmul(machine, [dz, hidden], [dw2!], TRANSPOSE_A);
  matmul(machine, [dBefore, mean], [dw1!], TRANSPOSE_A);
};
