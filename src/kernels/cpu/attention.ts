import { fill } from './fill.ts';
import { type CpuKernel, pieces, sizeOf } from './kernel.ts';

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
