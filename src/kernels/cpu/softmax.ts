import type { Shape } from '../backend.ts';
import { affine } from './elementwise.ts';
import { type CpuKernel, pieces, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';
import { sum } from './reduce.ts';

/** Elements that make a piece. */
const CHUNK = 16384;
/** About how many plain operations an element is worth. */
const COST = 15;

/** Launches a kernel that works row by row along the last axis. */
function byRows(machine: Machine, kernel: string, x: View, y: View, others: readonly number[] = []): void {
  const length = x.shape[x.shape.length - 1] ?? 1;
  const rows = sizeOf(x.shape.slice(0, -1));
  if (length === 0) return;
  const perPiece = Math.max(1, Math.floor(CHUNK / length));
  const integers = [y.address, x.address, rows, perPiece, length, ...others];
  machine.launch(kernel, pieces(rows, perPiece), integers, [], { work: rows * (length + 3) * COST });
}

function temporary(machine: Machine, shape: Shape): View {
  return { address: machine.temporary(4 * sizeOf(shape)), shape, dtype: 'float' };
}

export const softmax: CpuKernel<'softmax'> = (machine, [x], [y]) => byRows(machine, 'softmaxKernel', x!, y!);

export const logSoftmax: CpuKernel<'logSoftmax'> = (machine, [x], [y]) =>
  byRows(machine, 'logSoftmaxKernel', x!, y!);

/** The loss of each row, their sum, its share. */
export const softmaxCrossEntropy: CpuKernel<'softmaxCrossEntropy'> = (
  machine,
  [logits, targets],
  [loss],
  { divisor },
) => {
  const rows = temporary(machine, logits!.shape.slice(0, 1));
  const total = temporary(machine, []);
  byRows(machine, 'softmaxCrossEntropyKernel', logits!, rows, [targets!.address]);
  sum(machine, [rows], [total], { axes: [0], keepDims: false });
  affine(machine, [total], [loss!], { scale: 1 / divisor, offset: 0 });
};

export const softmaxCrossEntropyBackward: CpuKernel<'softmaxCrossEntropyBackward'> = (
  machine,
  [logits, targets, g],
  [dLogits],
  { divisor },
) => {
  const each = temporary(machine, []);
  affine(machine, [g!], [each], { scale: 1 / divisor, offset: 0 });
  const others = [targets!.address, each.address];
  byRows(machine, 'softmaxCrossEntropyBackwardKernel', logits!, dLogits!, others);
};
