import { affine } from './elementwise.ts';
import { fill } from './fill.ts';
import { type CpuKernel, pieces, sizeOf, type View } from './kernel.ts';
import { matmul } from './matmul.ts';
import { softmax } from './softmax.ts';

/** Products that make a piece. */
const CHUNK = 65536;

export const attention: CpuKernel<'attention'> = (machine, inputs, [y], { scale }) => {
  const [B, T, D] = inputs[0]!.shape as [number, number, number];
  const [, S, E] = inputs[2]!.shape as [number, number, number];
  if (S === 0) {
    fill(machine, y!.address, sizeOf(y!.shape), Number.NaN);
    return;
  }
  const pairs = B * Math.ceil(T / 2);
  const products = 2 * S * (D + E + 10);
  const perPiece = Math.max(1, Math.floor(CHUNK / products));
  const addresses = [y!, ...inputs].map((view) => view.address);
  const options = { work: pairs * products, scratch: 8 * (S + 4) };
  const integers = [...addresses, T, S, D, E, pairs, perPiece];
  machine.launch('attentionKernel', pieces(pairs, perPiece), integers, [scale], options);
};

/** The weights of all queries, and what turns them into gradients, stand in two temporary matrices [B, T, S]. */
export const attentionBackward: CpuKernel<'attentionBackward'> = (machine, inputs, outputs, { scale }) => {
  const [q, k, v, g] = inputs as [View, View, View, View];
  const [dq, dk, dv] = outputs as [View, View, View];
  const [B, T, S] = [q.shape[0]!, q.shape[1]!, k.shape[1]!];
  const rows = B * T;
  const matrix = (): View => ({
    address: machine.temporary(4 * rows * S),
    shape: [B, T, S],
    dtype: 'float',
  });
  const [weights, slopes] = [matrix(), matrix()];
  const straight = { transposeA: false, transposeB: false };
  matmul(machine, [q, k], [weights], { transposeA: false, transposeB: true });
  affine(machine, [weights], [weights], { scale, offset: 0 });
  softmax(machine, [weights], [weights], {});
  matmul(machine, [weights, g], [dv], { transposeA: true, transposeB: false });
  matmul(machine, [g, v], [slopes], { transposeA: false, transposeB: true });
  const perPiece = Math.max(1, Math.floor(CHUNK / (4 * S)));
  machine.launch(
    'attentionSlopesKernel',
    pieces(rows, perPiece),
    [slopes.address, weights.address, rows, perPiece, S],
    [scale],
    { work: 4 * rows * S },
  );
  matmul(machine, [slopes, k], [dq], straight);
  matmul(machine, [slopes, q], [dk], { transposeA: true, transposeB: false });
};
