import { packingOf } from '../packing.ts';
import { type CpuKernel, sizeOf } from './kernel.ts';

/** By the host alone: what is packed (gradients, statistics) is small. */
export const pack: CpuKernel<'pack'> = (machine, inputs, [y]) => {
  const { starts } = packingOf(inputs.map(({ shape }) => shape));
  const values = machine.heap.f32;
  const first = y!.address / 4;
  values.fill(0, first, first + sizeOf(y!.shape));
  inputs.forEach((x, i) => {
    values.copyWithin(first + starts[i]!, x.address / 4, x.address / 4 + sizeOf(x.shape));
  });
};
