import { type Gpu, grid, sizeOf, type View, type WebgpuKernel } from './kernel.ts';
import { definesOfMany, mostTensors } from './many.ts';

interface Stretch {
  readonly view: View;
  /** Elements of a row of the output before it, and its own. */
  readonly start: number;
  readonly length: number;
}

/** By elements at once. */
const defines = {
  1: definesOfMany(1, (inputs) => `T${inputs}`),
  4: definesOfMany(4, (inputs) => `vec4<T${inputs}>`),
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
  const most = mostTensors(gpu);
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
