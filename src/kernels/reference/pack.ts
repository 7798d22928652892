import { packingOf } from '../packing.ts';
import { countOf, type ReferenceKernel } from './kernel.ts';

/** Tensors one after the other in a vector, each at the next multiple of 64, zeros between; each times its scale. */
export const pack: ReferenceKernel<'pack'> = (inputs, [y], { scales }) => {
  const { starts } = packingOf(inputs.map(({ shape }) => shape));
  y.data.fill(0, 0, countOf(y.shape));
  inputs.forEach((x, i) => {
    const scale = Math.fround(scales?.[i] ?? 1);
    for (let k = 0; k < countOf(x.shape); k++) y.data[starts[i]! + k] = x.data[k]! * scale;
  });
};
