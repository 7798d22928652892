/** Attention pooling from the kernels of its parts: the same bits as the ops one after the other. */
import type { Shape } from '../backend.ts';
import { add, mul, sub } from './broadcast.ts';
import { affine, tanh } from './elementwise.ts';
import { type CpuKernel, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';
import { matmul } from './matmul.ts';
import { sum } from './reduce.ts';
import { softmax } from './softmax.ts';

const NONE = {};
const PLAIN = { transposeA: false, transposeB: false };
const TRANSPOSE_A = { transposeA: true, transposeB: false };
const TRANSPOSE_B = { transposeA: false, transposeB: true };

function temporary(machine: Machine, shape: Shape): View {
  return { address: machine.temporary(4 * sizeOf(shape)), shape, dtype: 'float' };
}

/** w·x + b. */
function dense(machine: Machine, x: View, w: View, b: View): View {
  const shape = [x.shape[0]!, w.shape[0]!, x.shape[2]!];
  const [product, y] = [temporary(machine, shape), temporary(machine, shape)];
  matmul(machine, [w, x], [product], PLAIN);
  add(machine, [product, b], [y], NONE);
  return y;
}

function hiddenOf(machine: Machine, x: View, w: View, b: View): View {
  const before = dense(machine, x, w, b);
  const hidden = temporary(machine, before.shape);
  tanh(machine, [before], [hidden], NONE);
  return hidden;
}

/** a·bᵀ of each image, added up. */
function productOverImages(machine: Machine, a: View, b: View, y: View): void {
  const each = temporary(machine, [a.shape[0]!, ...y.shape]);
  matmul(machine, [a, b], [each], TRANSPOSE_B);
  sum(machine, [each], [y], { axes: [0], keepDims: false });
}

export const attentionPool: CpuKernel<'attentionPool'> = (machine, [x, ...parameters], [pooled, weights]) => {
  const [n, f] = x!.shape as [number, number];
  const [scoreWeight, scoreBias] = parameters.slice(-2);
  const seen = parameters.length === 4 ? hiddenOf(machine, x!, parameters[0]!, parameters[1]!) : x!;
  softmax(machine, [dense(machine, seen, scoreWeight!, scoreBias!)], [weights!], NONE);
  const columns = { ...pooled!, shape: [n, f, scoreWeight!.shape[0]!] };
  matmul(machine, [x!, weights!], [columns], TRANSPOSE_B);
};

export const attentionPoolBackward: CpuKernel<'attentionPoolBackward'> = (
  machine,
  [x, g, ...others],
  [dx, ...gradients],
) => {
  const [n, f] = x!.shape as [number, number];
  const [scoreWeight, weights] = others.slice(-2);
  const [dScoreWeight, dScoreBias] = gradients.slice(-2);
  const columns = { ...g!, shape: [n, f, scoreWeight!.shape[0]!] };
  const like = (view: View) => temporary(machine, view.shape);
  const [direct, dWeights, products, centred, dScores] = [
    like(x!),
    ...[0, 1, 2, 3].map(() => like(weights!)),
  ];
  matmul(machine, [columns, weights!], [direct!], PLAIN);
  matmul(machine, [columns, x!], [dWeights!], TRANSPOSE_A);
  const mean = temporary(machine, [n, scoreWeight!.shape[0]!, 1]);
  mul(machine, [dWeights!, weights!], [products!], NONE);
  sum(machine, [products!], [mean], { axes: [2], keepDims: true });
  sub(machine, [dWeights!, mean], [centred!], NONE);
  mul(machine, [weights!, centred!], [dScores!], NONE);
  sum(machine, [dScores!], [dScoreBias!], { axes: [0, 2], keepDims: false });
  const through = like(x!);
  if (others.length === 2) {
    productOverImages(machine, dScores!, x!, dScoreWeight!);
    matmul(machine, [scoreWeight!, dScores!], [through], TRANSPOSE_A);
  } else {
    const [hiddenWeight, hiddenBias] = others;
    const [dHiddenWeight, dHiddenBias] = gradients;
    const hidden = hiddenOf(machine, x!, hiddenWeight!, hiddenBias!);
    productOverImages(machine, dScores!, hidden, dScoreWeight!);
    const [dHidden, square, slope, dBefore] = [0, 1, 2, 3].map(() => like(hidden));
    matmul(machine, [scoreWeight!, dScores!], [dHidden!], TRANSPOSE_A);
    mul(machine, [hidden, hidden], [square!], NONE);
    affine(machine, [square!], [slope!], { scale: -1, offset: 1 });
    mul(machine, [dHidden!, slope!], [dBefore!], NONE);
    sum(machine, [dBefore!], [dHiddenBias!], { axes: [0, 2], keepDims: false });
    productOverImages(machine, dBefore!, x!, dHiddenWeight!);
    matmul(machine, [hiddenWeight!, dBefore!], [through], TRANSPOSE_A);
  }
  add(machine, [direct!, through], [dx!], NONE);
};
