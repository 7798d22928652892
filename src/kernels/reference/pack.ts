import { packingOf } from '../packing.ts';
import { countOf, type ReferenceKernel } from './kernel.ts';

/** Tensors one after the other in a vector, each at the next multiple of 64, zeros between. */
export const pack: ReferenceKernel<'pack'> = (inputs, [y]) => {
  const { starts } = packingOf(inputs.map(({ shape }) => shape));
  y.data.fill(0, 0, countOf(y.shape));
  inputs.forEach((x, i) => {
    y.data.set(x.data.subarray(0, countOf(x.shape)), starts[i]!);
  });
};
