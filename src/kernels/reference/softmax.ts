import { exp, log } from '../../base/math.ts';
import { countOf, type Data, type ReferenceKernel } from './kernel.ts';

/** The greatest of x[start … start+count): subtracted before exponentials so that none overflows. */
export function rowMaximum(x: Data, start: number, count: number): number {
  let greatest = -Infinity;
  for (let i = 0; i < count; i++) greatest = Math.max(greatest, x[start + i]!);
  return greatest;
}

/** log Σ exp(x) of a row, from its maximum m: m + log Σ exp(x−m). */
function logSumExp(x: Data, start: number, count: number): number {
  const greatest = rowMaximum(x, start, count);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += exp(x[start + i]! - greatest);
  return greatest + log(sum);
}

/** exp(x_c)/Σ exp(x) along the last axis. */
export const softmax: ReferenceKernel<'softmax'> = ([x], [y]) => {
  const C = x.shape.at(-1)!;
  const rows = countOf(x.shape.slice(0, -1));
  for (let row = 0; row < rows; row++) {
    const greatest = rowMaximum(x.data, row * C, C);
    let sum = 0;
    for (let c = 0; c < C; c++) {
      const e = exp(x.data[row * C + c]! - greatest);
      y.data[row * C + c] = e;
      sum += e;
    }
    for (let c = 0; c < C; c++) y.data[row * C + c]! /= sum;
  }
};

/** x_c − log Σ exp(x) along the last axis. */
export const logSoftmax: ReferenceKernel<'logSoftmax'> = ([x], [y]) => {
  const C = x.shape.at(-1)!;
  const rows = countOf(x.shape.slice(0, -1));
  for (let row = 0; row < rows; row++) {
    const total = logSumExp(x.data, row * C, C);
    for (let c = 0; c < C; c++) y.data[row * C + c] = x.data[row * C + c]! - total;
  }
};

export const softmaxCrossEntropy: ReferenceKernel<'softmaxCrossEntropy'> = (
  [logits, targets],
  [loss],
  { divisor },
) => {
  const [N, C] = logits.shape as [number, number];
  let sum = 0;
  for (let n = 0; n < N; n++) {
    const total = logSumExp(logits.data, n * C, C);
    for (let c = n * C; c < n * C + C; c++) sum += targets.data[c]! * (logits.data[c]! - total);
  }
  loss.data[0] = -sum / divisor;
};

export const softmaxCrossEntropyBackward: ReferenceKernel<'softmaxCrossEntropyBackward'> = (
  [logits, targets, g],
  [dLogits],
  { divisor },
) => {
  const [N, C] = logits.shape as [number, number];
  for (let n = 0; n < N; n++) {
    const total = logSumExp(logits.data, n * C, C);
    let whole = 0;
    for (let c = 0; c < C; c++) whole += targets.data[n * C + c]!;
    for (let c = n * C; c < n * C + C; c++) {
      dLogits.data[c] = (g.data[0]! / divisor) * (exp(logits.data[c]! - total) * whole - targets.data[c]!);
    }
  }
};
