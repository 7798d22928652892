import { packingOf } from '../packing.ts';
import { grid, sizeOf, type WebgpuKernel } from './kernel.ts';

/** Tensors a dispatch at most: what the uniform has room for. */
const MOST = 15;

const defines = Array.from({ length: MOST + 1 }, (_, inputs) => {
  const each = Array.from({ length: inputs }, (_, k) => k);
  return {
    INPUTS: inputs,
    DECLARATIONS: each
      .map((k) => `@group(0) @binding(${k}) var<storage, read> input${k}: array<T${k}>;`)
      .join('\n'),
    CASES: each.map((k) => `case ${k}u: { return f32(input${k}[i]); }`).join('\n'),
  };
});

/** As few dispatches as the device's bindings allow, each with a stretch of the output of its own. */
export const pack: WebgpuKernel<'pack'> = (gpu, inputs, [y], { scales }) => {
  const most = Math.min(MOST, gpu.limits.maxStorageBuffersPerShaderStage - 1);
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
