import { type CpuKernel, pieces, sizeOf } from './kernel.ts';

/** Elements a piece; CHUNK in wasm/elementwise.ts. */
const CHUNK = 16384;

export const affine: CpuKernel<'affine'> = (machine, [x], [y], { scale, offset }) => {
  const count = sizeOf(x!.shape);
  const options = { work: count };
  machine.launch('affine', pieces(count, CHUNK), [y!.address, x!.address, count], [scale, offset], options);
};
