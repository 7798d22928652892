import { type Gpu, grid, sizeOf, type View, type WebgpuKernel } from './kernel.ts';

/** Inputs a dispatch at most: what the uniform has room for. */
const MOST = 15;

interface Stretch {
  readonly view: View;
  /** Elements of a row of the output before it, and its own. */
  readonly start: number;
  readonly length: number;
}

/** Of a dispatch with so many inputs, of elements `width` floats wide. */
function definesFor(inputs: number, width: 1 | 4) {
  const wide = (type: string) => (width === 4 ? `vec4<${type}>` : type);
  const out = wide(`T${inputs}`);
  const each = Array.from({ length: inputs }, (_, k) => k);
  return {
    INPUTS: inputs,
    OUT: out,
    DECLARATIONS: each
      .map((k) => `@group(0) @binding(${k}) var<storage, read> input${k}: array<${wide(`T${k}`)}>;`)
      .join('\n'),
    CASES: each.map((k) => `case ${k}u: { return ${out}(input${k}[i]); }`).join('\n'),
  };
}

const defines = {
  1: Array.from({ length: MOST + 1 }, (_, inputs) => definesFor(inputs, 1)),
  4: Array.from({ length: MOST + 1 }, (_, inputs) => definesFor(inputs, 4)),
};

function join(gpu: Gpu, some: readonly Stretch[], y: View, rows: number, row: number): void {
  const first = some[0]!.start;
  const last = some[some.length - 1]!;
  const end = last.start + last.length;
  const whole = ({ start, length }: Stretch) =>
    start % 4 === 0 && (length % 4 === 0 || (rows === 1 && start + length === row));
  const width = some.every(whole) && (rows === 1 || row % 4 === 0) ? 4 : 1;
  const columns = Math.ceil((end - first) / width);
  const integers = [rows * columns, columns, Math.ceil(row / width), first / width];
  for (const { start, length } of some)
    integers.push((start - first) / width, Math.ceil(length / width), 0, 0);
  gpu.dispatch({
    shader: 'concat',
    defines: defines[width][some.length]!,
    inputs: some.map(({ view }) => view),
    outputs: [y],
    integers,
    workgroups: grid(rows * columns, 256),
  });
}

/** As few dispatches as the device's bindings allow, each with a stretch of the output's rows of its own. */
export const concat: WebgpuKernel<'concat'> = (gpu, inputs, [y], { axis }) => {
  const most = Math.min(MOST, gpu.limits.maxStorageBuffersPerShaderStage - 1);
  const rows = sizeOf(y!.shape.slice(0, axis));
  let start = 0;
  const stretches = inputs.map((view) => {
    const length = sizeOf(view.shape) / rows;
    const stretch = { view, start, length };
    start += length;
    return stretch;
  });
  for (let from = 0; from < stretches.length; from += most) {
    join(gpu, stretches.slice(from, from + most), y!, rows, start);
  }
};
