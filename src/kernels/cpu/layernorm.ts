import { type CpuKernel, pieces, sizeOf, type View } from './kernel.ts';

/** Elements that make a piece. */
const CHUNK = 16384;

/** Rows, their length, and how many make a piece. */
function rowsOf(x: View): { rows: number; length: number; perPiece: number } {
  const length = x.shape[x.shape.length - 1]!;
  const rows = sizeOf(x.shape.slice(0, -1));
  return { rows, length, perPiece: Math.max(1, Math.floor(CHUNK / length)) };
}

export const layerNorm: CpuKernel<'layerNorm'> = (machine, inputs, outputs, { epsilon }) => {
  const { rows, length, perPiece } = rowsOf(inputs[0]!);
  const integers = [...outputs, ...inputs].map((view) => view.address);
  integers.push(rows, perPiece, length);
  machine.launch('layerNormKernel', pieces(rows, perPiece), integers, [epsilon], { work: 6 * rows * length });
};

export const layerNormBackward: CpuKernel<'layerNormBackward'> = (machine, inputs, outputs, { epsilon }) => {
  const [dx, dgamma, dbeta] = outputs as [View, View, View];
  const { rows, length, perPiece } = rowsOf(inputs[0]!);
  const count = Math.max(1, pieces(rows, perPiece));
  const partials = machine.temporary(8 * 2 * length * count);
  const integers = [
    dx.address,
    partials,
    count,
    ...inputs.map((view) => view.address),
    rows,
    perPiece,
    length,
  ];
  const options = { work: 12 * rows * length, scratch: 8 * (2 * length + 8) };
  machine.launch('layerNormBackwardKernel', count, integers, [epsilon], options);
  machine.launch('sumFoldKernel', 1, [dgamma.address, partials, length, count]);
  machine.launch('sumFoldKernel', 1, [dbeta.address, partials + 8 * length * count, length, count]);
};
