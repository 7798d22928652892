import { packingOf } from '../packing.ts';
import { type CpuKernel, sizeOf } from './kernel.ts';

/** Numbers a row of the table of parts; ROW in wasm/pack.ts. */
const ROW = 5;

/** Scales are rounded to float32 first. */
export const pack: CpuKernel<'pack'> = (machine, inputs, [y], { scales }) => {
  const { starts, length } = packingOf(inputs.map(({ shape }) => shape));
  const table = machine.temporary(4 * ROW * inputs.length);
  const { i32, f32 } = machine.heap;
  inputs.forEach(({ address, shape }, i) => {
    const row = table / 4 + ROW * i;
    i32[row] = address;
    i32[row + 1] = y!.address + 4 * starts[i]!;
    i32[row + 2] = sizeOf(shape);
    i32[row + 3] = (starts[i + 1] ?? length) - starts[i]!;
    f32[row + 4] = scales?.[i] ?? 1;
  });
  machine.launch('packKernel', inputs.length, [table, scales ? 1 : 0], [], { work: 2 * length });
};
