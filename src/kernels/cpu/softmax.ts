import { type CpuKernel, pieces, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';

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

export const softmax: CpuKernel<'softmax'> = (machine, [x], [y]) => byRows(machine, 'softmaxKernel', x!, y!);

export const logSoftmax: CpuKernel<'logSoftmax'> = (machine, [x], [y]) =>
  byRows(machine, 'logSoftmaxKernel', x!, y!);

export const softmaxCrossEntropy: CpuKernel<'softmaxCrossEntropy'> = (machine, [logits, targets], [loss]) =>
  byRows(machine, 'softmaxCrossEntropyKernel', logits!, loss!, [targets!.address]);

export const softmaxCrossEntropyBackward: CpuKernel<'softmaxCrossEntropyBackward'> = (
  machine,
  [logits, targets, g],
  [dLogits],
) => byRows(machine, 'softmaxCrossEntropyBackwardKernel', logits!, dLogits!, [targets!.address, g!.address]);
