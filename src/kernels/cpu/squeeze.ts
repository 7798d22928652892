/** Squeeze-and-excitation from the kernels of its parts: the same bits as the ops one after the other. */
import type { Shape } from '../backend.ts';
import { add, mul, reluBackward } from './broadcast.ts';
import { affine, relu, sigmoid } from './elementwise.ts';
import { type CpuKernel, sizeOf, type View } from './kernel.ts';
import { broadcastTo } from './layout.ts';
import type { Machine } from './machine.ts';
import { matmul } from './matmul.ts';
import { sum } from './reduce.ts';

const NONE = {};

function temporary(machine: Machine, shape: Shape): View {
  return { address: machine.temporary(4 * sizeOf(shape)), shape, dtype: 'float' };
}

/** x·wᵀ + b. */
function dense(machine: Machine, x: View, w: View, b: View, y: View): void {
  const product = temporary(machine, y.shape);
  matmul(machine, [x, w], [product], { transposeA: false, transposeB: true });
  add(machine, [product, b], [y], NONE);
}

/** Channel means, the hidden layer before and after its rectifier, and the gate, in `gate`. */
function gateOf(machine: Machine, x: View, [w1, b1, w2, b2]: readonly View[], gate: View) {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const k = w1!.shape[0]!;
  const sums = temporary(machine, [n, c]);
  const mean = temporary(machine, [n, c]);
  const before = temporary(machine, [n, k]);
  const hidden = temporary(machine, [n, k]);
  const z = temporary(machine, [n, c]);
  sum(machine, [x], [sums], { axes: [2, 3], keepDims: false });
  affine(machine, [sums], [mean], { scale: 1 / (h * w), offset: 0 });
  dense(machine, mean, w1!, b1!, before);
  relu(machine, [before], [hidden], NONE);
  dense(machine, hidden, w2!, b2!, z);
  sigmoid(machine, [z], [gate], NONE);
  return { mean, before, hidden };
}

function perChannel(view: View): View {
  return { ...view, shape: [...view.shape, 1, 1] };
}

export const squeezeExcitation: CpuKernel<'squeezeExcitation'> = (machine, [x, ...weights], [y, gate]) => {
  gateOf(machine, x!, weights, gate!);
  mul(machine, [x!, perChannel(gate!)], [y!], NONE);
};

export const squeezeExcitationBackward: CpuKernel<'squeezeExcitationBackward'> = (
  machine,
  [x, dy, ...weights],
  [dx, dw1, db1, dw2, db2],
) => {
  const [n, c, h, w] = x!.shape as [number, number, number, number];
  const [w1, , w2] = weights;
  const k = w1!.shape[0]!;
  const small = () => temporary(machine, [n, c]);
  const gate = small();
  const { mean, before, hidden } = gateOf(machine, x!, weights, gate);
  const [direct, products] = [temporary(machine, x!.shape), temporary(machine, x!.shape)];
  mul(machine, [dy!, perChannel(gate)], [direct], NONE);
  mul(machine, [dy!, x!], [products], NONE);
  const dGate = small();
  sum(machine, [products], [dGate], { axes: [2, 3], keepDims: false });
  const [rest, slope, dz] = [small(), small(), small()];
  affine(machine, [gate], [rest], { scale: -1, offset: 1 });
  mul(machine, [gate, rest], [slope], NONE);
  mul(machine, [dGate, slope], [dz], NONE);
  sum(machine, [dz], [db2!], { axes: [0], keepDims: false });
  const [dHidden, dBefore] = [temporary(machine, [n, k]), temporary(machine, [n, k])];
  matmul(machine, [dz, w2!], [dHidden], { transposeA: false, transposeB: false });
  matmul(machine, [dz, hidden], [dw2!], { transposeA: true, transposeB: false });
  reluBackward(machine, [before, dHidden], [dBefore], NONE);
  sum(machine, [dBefore], [db1!], { axes: [0], keepDims: false });
  const [dMean, each, spread] = [small(), small(), products];
  matmul(machine, [dBefore, w1!], [dMean], { transposeA: false, transposeB: false });
  matmul(machine, [dBefore, mean], [dw1!], { transposeA: true, transposeB: false });
  affine(machine, [dMean], [each], { scale: 1 / (h * w), offset: 0 });
  broadcastTo(machine, [perChannel(each)], [spread], { shape: x!.shape });
  add(machine, [direct, spread], [dx!], NONE);
};
