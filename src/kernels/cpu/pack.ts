import { packingOf } from '../packing.ts';
import { type CpuKernel, sizeOf } from './kernel.ts';

/** By the host alone: what is packed (gradients, statistics) is small, and what is scaled smaller still. */
export const pack: CpuKernel<'pack'> = (machine, inputs, [y], { scales }) => {
  const { starts } = packingOf(inputs.map(({ shape }) => shape));
  const values = machine.heap.f32;
  const first = y!.address / 4;
  values.fill(0, first, first + sizeOf(y!.shape));
  inputs.forEach((x, i) => {
    const [from, to, count] = [x.address / 4, first + starts[i]!, sizeOf(x.shape)];
    values.copyWithin(to, from, from + count);
    if (!scales) return;
    // In float64 the product of two float32 numbers is exact: storing it rounds once.
    const scale = Math.fround(scales[i]!);
    for (let k = to; k < to + count; k++) values[k] = values[k]! * scale;
  });
};
