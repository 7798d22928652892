import { packingOf } from '../packing.ts';
import { grid, sizeOf, type WebgpuKernel } from './kernel.ts';
import { definesOfMany, mostTensors } from './many.ts';

const defines = definesOfMany(1, () => 'f32');

/** As few dispatches as the device's bindings allow, each with a stretch of the output of its own. */
export const pack: WebgpuKernel<'pack'> = (gpu, inputs, [y], { scales }) => {
  const most = mostTensors(gpu);
  const { starts, length } = packingOf(inputs.map(({ shape }) => shape));
  for (let from = 0; from < inputs.length; from += most) {
    const some = inputs.slice(from, from + most);
    const first = starts[from]! / 4;
    const end = (starts[from + most] ?? length) / 4;
    // The two vec4-aligned arrays of the uniform stand after its first two fields and two of padding.
    const integers = new Array<number>(36).fill(0);
    integers[0] = first;
    integers[1] = end;
    const floats = new Array<number>(some.length).fill(1);
    some.forEach((x, k) => {
      if (scales) floats[k] = scales[from + k]!;
      integers[4 + k] = starts[from + k]! / 4;
      integers[20 + k] = sizeOf(x.shape);
    });
    gpu.dispatch({
      shader: 'pack',
      defines: defines[some.length]!,
      inputs: some,
      outputs: [y!],
      integers,
      floats,
      workgroups: grid(end - first, 64),
    });
  }
};
