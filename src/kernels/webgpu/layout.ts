import type { Shape } from '../backend.ts';
import { type Gpu, grid, groups, sizeOf, type View, type WebgpuKernel } from './kernel.ts';
import { type Axis, broadcastStrides, checkAxes, mergeAxes, stridesOf } from './walk.ts';

/** Side of a tile; TILE in wgsl/transpose.wgsl. */
const TILE = 32;
/** Sides shorter than this leave most of a tile empty. */
const SHORTEST = 8;

/** y[i] = x[base + …], along axes that step through x with their first stride. */
function copy(gpu: Gpu, x: View, y: View, axes: readonly Axis[], base = 0): void {
  const vectors = groups(sizeOf(y.shape), 4);
  const [inner, ...others] = axes;
  const rows =
    inner![1] === 1 &&
    base % 4 === 0 &&
    (others.length === 0 || inner![0] % 4 === 0) &&
    others.every((axis) => axis[1] % 4 === 0);
  const fields = rows ? [groups(inner![0], 4), 1, 0, 0] : [...inner!];
  for (const [size, stride] of others) fields.push(size, rows ? stride / 4 : stride, 0, 0);
  gpu.dispatch({
    shader: rows ? 'copy-rows' : 'copy',
    inputs: [x],
    outputs: [y],
    integers: [vectors, rows ? base / 4 : base, axes.length, 0, ...fields],
    workgroups: grid(vectors, 256),
  });
}

export const broadcastTo: WebgpuKernel<'broadcastTo'> = (gpu, [x], [y]) =>
  copy(gpu, x!, y!, mergeAxes('broadcastTo', y!.shape, broadcastStrides(x!.shape, y!.shape)));

/** Where element `index` of a row-major array is. */
function offsetOf(index: Shape, strides: readonly number[]): number {
  let offset = 0;
  for (let axis = 0; axis < strides.length; axis++) offset += index[axis]! * strides[axis]!;
  return offset;
}

export const slice: WebgpuKernel<'slice'> = (gpu, [x], [y], { start }) => {
  const strides = stridesOf(x!.shape);
  copy(gpu, x!, y!, mergeAxes('slice', y!.shape, strides), offsetOf(start, strides));
};

/** Tiles where x and y are contiguous along different axes and both are long enough. */
export const permute: WebgpuKernel<'permute'> = (gpu, [x], [y], { axes: order }) => {
  const from = stridesOf(x!.shape);
  const inX = order.map((axis) => from[axis]!);
  const axes = mergeAxes('permute', y!.shape, inX, stridesOf(y!.shape));
  const rows = axes[0]!;
  const columns = axes.find((axis) => axis[1] === 1);
  if (!columns || columns === rows || rows[0] < SHORTEST || columns[0] < SHORTEST) {
    copy(gpu, x!, y!, axes);
    return;
  }
  const down = groups(rows[0], TILE);
  const across = groups(columns[0], TILE);
  const others = axes.filter((axis) => axis !== rows && axis !== columns);
  const tiles = others.reduce((product, [size]) => product * size, down * across);
  gpu.dispatch({
    shader: 'transpose',
    inputs: [x!],
    outputs: [y!],
    integers: [
      ...[rows[0], columns[0], rows[1], columns[2], down, across, tiles, others.length],
      ...others.flat(),
    ],
    workgroups: grid(tiles, 1),
  });
};

export const pad: WebgpuKernel<'pad'> = (gpu, [x], [y], { before, value }) => {
  const strides = stridesOf(x!.shape);
  /** Innermost first: size in y, stride in x, elements before x, elements of x. */
  const axes: Axis[] = [];
  let inner: Axis | null = null;
  for (let i = strides.length - 1; i >= 0; i--) {
    const [size, extent] = [y!.shape[i]!, x!.shape[i]!];
    if (size === 1) continue;
    if (inner && inner[0] === inner[3]) {
      // Nothing is added along the inner axis: both are one.
      inner[2] = before[i]! * inner[0];
      inner[3] = extent * inner[0];
      inner[0] *= size;
    } else {
      inner = [size, strides[i]!, before[i]!, extent];
      axes.push(inner);
    }
  }
  if (axes.length === 0) axes.push([1, 1, 0, 1]);
  checkAxes('pad', axes);
  const vectors = groups(sizeOf(y!.shape), 4);
  // The float stands behind all eight axes of the uniform.
  const integers = new Array<number>(36).fill(0);
  integers[0] = vectors;
  integers[1] = axes.length;
  axes.forEach((axis, k) => {
    for (let field = 0; field < 4; field++) integers[4 + 4 * k + field] = axis[field]!;
  });
  gpu.dispatch({
    shader: 'pad',
    inputs: [x!],
    outputs: [y!],
    integers,
    floats: [value],
    workgroups: grid(vectors, 256),
  });
};

/** The types of an element in gather.wgsl and scatter-add.wgsl. */
const ONE = { IN: 'T0', OUT: 'T2', SUM: 'f32' };
const FOUR = { IN: 'vec4<T0>', OUT: 'vec4<T2>', SUM: 'vec4f' };
const NAN_BITS = 0x7fc00000;

function pick(
  gpu: Gpu,
  shader: 'gather' | 'scatter-add',
  [x, indices]: readonly View[],
  y: View,
  axis: number,
  size: number,
): void {
  const inner = sizeOf(x!.shape.slice(axis + 1));
  const width = inner % 4 === 0 ? 4 : 1;
  const count = sizeOf(y.shape) / width;
  gpu.dispatch({
    shader,
    defines: width === 4 ? FOUR : ONE,
    inputs: [x!, indices!],
    outputs: [y],
    integers: [count, sizeOf(indices!.shape), size, inner / width, NAN_BITS],
    workgroups: grid(count, 256),
  });
}

/** An index outside the axis gives NaN. */
export const gather: WebgpuKernel<'gather'> = (gpu, inputs, [y], { axis }) =>
  pick(gpu, 'gather', inputs, y!, axis, inputs[0]!.shape[axis]!);

/** In index order. An index outside the axis makes everything NaN. */
export const scatterAdd: WebgpuKernel<'scatterAdd'> = (gpu, inputs, [y], { axis, size }) =>
  pick(gpu, 'scatter-add', inputs, y!, axis, size);
