/** Convolution and its input gradient. */
import { convolvedSize } from '../convsize.ts';
import { backward, type Convolution, forward, is3x3, largestDivisor } from './convgeometry.ts';
import { depthwise } from './depthwise.ts';
import { enough } from './enough.ts';
import { type Gpu, grid, groups as groupsOf, sizeOf, type View, type WebgpuKernel } from './kernel.ts';
import { maxPool2d } from './pool2d.ts';

/** With pooling a second dispatch. */
export const conv2d: WebgpuKernel<'conv2d'> = (gpu, [x, weight, bias], [y], { pool, ...attributes }) => {
  const [images, channels] = y!.shape as [number, number];
  const shape = [images, channels, ...convolvedSize(x!.shape, weight!.shape, attributes)];
  const whole = pool ? { ...gpu.temporary(sizeOf(shape)), shape } : y!;
  const c = forward(x!.shape, weight!.shape, shape, attributes);
  run(gpu, c, is3x3(c.kernel, attributes), x!, weight!, bias, whole, attributes.relu);
  if (pool) maxPool2d(gpu, [whole], [y!], { kernel: pool, stride: pool, padding: [0, 0, 0, 0] });
};

export const conv2dInputGrad: WebgpuKernel<'conv2dInputGrad'> = (gpu, [dy, weight], [dx], attributes) => {
  const c = backward(dy!.shape, weight!.shape, dx!.shape, attributes);
  run(gpu, c, is3x3(c.kernel, attributes), dy!, weight!, undefined, dx!, false);
};

function run(
  gpu: Gpu,
  c: Convolution,
  fast: boolean,
  x: View,
  weight: View,
  bias: View | undefined,
  y: View,
  relu: boolean,
): void {
  // Without a bias the weight is bound in its place, and not read.
  const inputs = [x, weight, bias ?? weight];
  const perFilter = c.transposed ? c.groupOut : c.groupIn;
  if (c.groups > 1 && perFilter === 1) depthwise(gpu, c, inputs, y, bias !== undefined, relu);
  else if (fast) convolve3x3(gpu, c, inputs, y, bias !== undefined, relu);
  else convolve(gpu, c, inputs, y, bias !== undefined, relu);
}

function convolve(
  gpu: Gpu,
  c: Convolution,
  inputs: readonly View[],
  y: View,
  hasBias: boolean,
  relu: boolean,
): void {
  const pixels = c.n * c.outSize[0] * c.outSize[1];
  const blocks = groupsOf(c.groupOut, 32);
  const [width, height] = grid(pixels, 64);
  gpu.dispatch({
    shader: 'conv2d-general',
    constants: {
      KERNEL_H: c.kernel[0],
      KERNEL_W: c.kernel[1],
      DIVISOR_H: c.divisor[0],
      DIVISOR_W: c.divisor[1],
    },
    inputs,
    outputs: [y],
    integers: [
      pixels,
      ...c.inSize,
      ...c.outSize,
      c.groups,
      c.groupIn,
      c.groupOut,
      blocks,
      c.weightOut,
      c.weightIn,
      ...c.step,
      ...c.tapStep,
      ...c.offset,
      hasBias ? 1 : 0,
      relu ? 1 : 0,
    ],
    workgroups: [width, height, c.groups * blocks],
  });
}

function convolve3x3(
  gpu: Gpu,
  c: Convolution,
  inputs: readonly View[],
  y: View,
  hasBias: boolean,
  relu: boolean,
): void {
  const [inHeight, inWidth] = c.inSize;
  const [outHeight, outWidth] = c.outSize;
  const { rows, quads, items, lanes, depth } = tileFor(c);
  const left = c.transposed ? 2 - c.offset[1] : -c.offset[1];
  const aligned = inWidth % 4 === 0 && outWidth === inWidth && left === 1;
  const strips = groupsOf(outWidth, 4);
  const bands = groupsOf(outHeight, rows);
  const count = c.n * bands * strips;
  const blocks = groupsOf(c.groupOut, 4 * quads * lanes);
  const [width, height] = grid(count, items);
  gpu.dispatch({
    shader: 'conv2d-3x3',
    defines: definesFor(rows, quads, items, lanes, depth, aligned, outWidth % 4 === 0),
    inputs,
    outputs: [y],
    integers: [
      count,
      strips,
      bands,
      inHeight,
      inWidth,
      outHeight,
      outWidth,
      c.transposed ? 2 - c.offset[0] : -c.offset[0],
      left,
      c.groups,
      c.groupIn,
      c.groupOut,
      blocks,
      c.weightOut,
      c.weightIn,
      c.transposed ? 8 : 0,
      c.transposed ? -1 : 1,
      hasBias ? 1 : 0,
      relu ? 1 : 0,
      depth,
    ],
    workgroups: [width, height, c.groups * blocks],
  });
}

/** vec4s, vec2s and vec4s in 16 KiB of workgroup memory, counted in floats. */
const MEMORY = 4096;

interface Tile {
  /** Rows and quads of channels of an invocation. */
  readonly rows: number;
  readonly quads: number;
  /** A workgroup: items × groups of channels. */
  readonly items: number;
  readonly lanes: number;
  /** Input channels in workgroup memory at a time. */
  readonly depth: number;
}

/** The most sums an invocation such that there are enough of them; then workgroups of 64 to 256. */
function tileFor({ n, groups, groupIn, groupOut, outSize: [height, width] }: Convolution): Tile {
  const strips = n * groupsOf(width, 4) * groups;
  let rows = height > 1 ? 2 : 1;
  let quads = groupOut > 4 ? 2 : 1;
  if (strips * groupsOf(height, rows) * groupsOf(groupOut, 4 * quads) < enough.outputs) quads = 1;
  if (strips * groupsOf(height, rows) * groupsOf(groupOut, 4 * quads) < enough.outputs) rows = 1;
  const wanted = groupsOf(groupOut, 4 * quads);
  const lanes = groupsOf(wanted, groupsOf(wanted, rows === 1 ? 4 : 8));
  const items = lanes > 4 || rows === 1 ? 32 : 64;
  const floats = items * (rows + 2) * 6 + 9 * 4 * ((lanes * quads) | 1);
  // Each invocation fills at most four rows of an item at a time.
  const most = Math.min(MEMORY / floats, Math.max(1, (4 * lanes) / (rows + 2)), 4);
  return { rows, quads, items, lanes, depth: largestDivisor(groupIn, most) };
}

type Defines = Readonly<Record<string, string | number>>;
const known = new Map<number, Defines>();

function definesFor(
  rows: number,
  quads: number,
  items: number,
  lanes: number,
  depth: number,
  aligned: boolean,
  wide: boolean,
): Defines {
  const key =
    rows +
    4 * (quads + 4 * (items + 256 * (lanes + 16 * (depth + 8 * (Number(aligned) + 2 * Number(wide))))));
  let defines = known.get(key);
  if (!defines) {
    defines = {
      ROWS: rows,
      QUADS: quads,
      ITEMS: items,
      LANES: lanes,
      DEPTH: depth,
      ALIGNED: String(aligned),
      OUT: wide ? 'vec4<T3>' : 'T3',
      STORE: wide ? WIDE_STORE : STORE,
    };
    known.set(key, defines);
  }
  return defines;
}

const WIDE_STORE = 'y[at >> 2u] = vec4<T3>(values);';
/** The end of a row may come after any of the four. */
const STORE = `y[at] = T3(values.x);
  if (column + 1u < params.outWidth) { y[at + 1u] = T3(values.y); }
  if (column + 2u < params.outWidth) { y[at + 2u] = T3(values.z); }
  if (column + 3u < params.outWidth) { y[at + 3u] = T3(values.w); }`;
