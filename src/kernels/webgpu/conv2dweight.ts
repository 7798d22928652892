/** The gradient of a convolution with respect to its weight: one dispatch where pixels are few, else two. */
import type { OpAttributes } from '../ops.ts';
import { is3x3 } from './convgeometry.ts';
import { depthwiseWeight } from './depthwise.ts';
import { type Gpu, grid, groups as groupsOf, type View, type WebgpuKernel } from './kernel.ts';
import { addUp, skips, splitFor } from './splits.ts';

type Attributes = OpAttributes['conv2dWeightGrad'];

export const conv2dWeightGrad: WebgpuKernel<'conv2dWeightGrad'> = (gpu, [x, dy], [dweight], attributes) => {
  const { groups, kernel } = attributes;
  if (dweight!.shape[1] === 1 && groups > 1) depthwiseWeight(gpu, x!, dy!, dweight!, attributes);
  else if (is3x3(kernel, attributes)) weight3x3(gpu, x!, dy!, dweight!, attributes);
  else weight(gpu, x!, dy!, dweight!, attributes);
};

function weight(gpu: Gpu, x: View, dy: View, dweight: View, a: Attributes): void {
  const [outC, groupIn, kH, kW] = dweight.shape as [number, number, number, number];
  const [n, , outHeight, outWidth] = dy.shape as [number, number, number, number];
  const groupOut = outC / a.groups;
  const pixels = n * outHeight * outWidth;
  const blocksIn = groupsOf(groupIn * kH * kW, 32);
  const blocksOut = groupsOf(groupOut, 32);
  const blocks = a.groups * blocksOut * blocksIn;
  const split = splitFor(gpu, dweight, pixels, 16, blocks, 64);
  const [width, height] = grid(split.count, 1);
  gpu.dispatch({
    shader: 'conv2d-weight-general',
    constants: { KERNEL_H: kH, KERNEL_W: kW },
    inputs: [x, dy],
    outputs: [split.sums],
    integers: [
      pixels,
      split.pieces,
      split.count,
      x.shape[2]!,
      x.shape[3]!,
      outHeight,
      outWidth,
      a.groups,
      groupIn,
      groupOut,
      blocksIn,
      blocksOut,
      ...a.stride,
      ...a.dilation,
      a.padding[0],
      a.padding[2],
      split.stride,
      ...skips(16, outWidth, outHeight),
    ],
    workgroups: [width, height, blocks],
  });
  addUp(gpu, split, dweight);
}

function weight3x3(gpu: Gpu, x: View, dy: View, dweight: View, a: Attributes): void {
  const [outC, groupIn] = dweight.shape as [number, number, number, number];
  const [n, , outHeight, outWidth] = dy.shape as [number, number, number, number];
  const [inHeight, inWidth] = [x.shape[2]!, x.shape[3]!];
  const groupOut = outC / a.groups;
  const tile = tileFor(groupIn, groupOut);
  const { channels, slices, octets, items } = tile;
  const left = a.padding[2];
  const aligned = inWidth % 4 === 0 && outWidth === inWidth && left === 1;
  const strips = groupsOf(outWidth, 4);
  const count = n * outHeight * strips;
  const blocksIn = groupsOf(groupIn, channels);
  const blocksOut = groupsOf(groupOut, 8 * octets);
  const blocks = a.groups * blocksOut * blocksIn;
  const split = splitFor(gpu, dweight, count, items, blocks, channels * slices * octets);
  const [width, height] = grid(split.count, 1);
  gpu.dispatch({
    shader: 'conv2d-weight-3x3',
    defines: definesFor(tile, aligned, outWidth % 4 === 0),
    inputs: [x, dy],
    outputs: [split.sums],
    integers: [
      count,
      strips,
      split.pieces,
      split.count,
      inHeight,
      inWidth,
      outHeight,
      outWidth,
      a.padding[0],
      left,
      a.groups,
      groupIn,
      groupOut,
      blocksIn,
      blocksOut,
      split.stride,
      ...skips(items, strips, outHeight),
    ],
    workgroups: [width, height, blocks],
  });
  addUp(gpu, split, dweight);
}

interface Tile {
  /** A workgroup: input channels × slices of the pixels × eights of output channels. */
  readonly channels: number;
  readonly slices: number;
  readonly octets: number;
  /** Strips of four pixels in workgroup memory at a time. */
  readonly items: number;
}

const MOST_INVOCATIONS = 256;
const MEMORY = 16384;

/** Channels in equal blocks of at most 16 in and 32 out, and as many slices and strips as fit. */
function tileFor(groupIn: number, groupOut: number): Tile {
  const channels = groupsOf(groupIn, groupsOf(groupIn, 16));
  const eights = groupsOf(groupOut, 8);
  const octets = groupsOf(eights, groupsOf(eights, 4));
  const fits = (slices: number, items: number) => {
    const row = channels | 1;
    const invocations = channels * slices * octets;
    const vectors = Math.max(items * (3 * row + 8 * octets), 3 * invocations);
    return invocations <= MOST_INVOCATIONS && 16 * vectors + 8 * 3 * items * row <= MEMORY;
  };
  let slices = 1;
  while (slices < 64 && fits(2 * slices, 2 * slices)) slices *= 2;
  let items = slices;
  // Few invocations would each fill much.
  while (items < 4 * slices && 2 * items <= channels * slices * octets && fits(slices, 2 * items)) items *= 2;
  return { channels, slices, octets, items };
}

type Defines = Readonly<Record<string, string | number>>;
const known = new Map<number, Defines>();

function definesFor({ channels, slices, octets, items }: Tile, aligned: boolean, wide: boolean): Defines {
  const flags = Number(aligned) + 2 * Number(wide);
  const key = channels + 32 * (slices + 128 * (octets + 8 * (items + 256 * flags)));
  let defines = known.get(key);
  if (!defines) {
    defines = {
      CHANNELS: channels,
      SLICES: slices,
      OCTETS: octets,
      ITEMS: items,
      ALIGNED: String(aligned),
      IN: wide ? 'vec4<T1>' : 'T1',
      LOAD: wide ? WIDE_LOAD : LOAD,
    };
    known.set(key, defines);
  }
  return defines;
}

const WIDE_LOAD = 'return select(vec4f(0), vec4f(dy[select(0u, at, inside) >> 2u]), inside);';
const LOAD = `let first = select(0u, at, inside);
  let left = select(0u, params.outWidth - column, inside);
  return vec4f(
    select(0.0, f32(dy[first]), left > 0u),
    select(0.0, f32(dy[first + 1u]), left > 1u),
    select(0.0, f32(dy[first + 2u]), left > 2u),
    select(0.0, f32(dy[first + 3u]), left > 3u),
  );`;
