import type { Conv2dAttributes } from '../ops.ts';
import { type CpuKernel, pieces, type View } from './kernel.ts';
import type { Machine } from './machine.ts';

/** Bytes of padded input a band may have: with weights and outputs it should stay in a first-level cache. */
const BAND_BYTES = 32 * 1024;
/** Pieces a job should have at least, so that many threads find work. */
const MIN_PIECES = 16;

/** How a band of output rows lies in scratch: see wasm/padding.ts. */
interface BandLayout {
  /** Output rows a band; bands an image. */
  readonly height: number;
  readonly bands: number;
  /** Padded input rows a band. */
  readonly rows: number;
  readonly phases: number;
  /** Floats from one phase to the next. */
  readonly pitch: number;
}

interface Geometry {
  readonly inputs: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** Depends on shapes only. `maxRows` bounds a band from above. */
export function layoutBand(g: Geometry, images: number, maxRows = Number.POSITIVE_INFINITY): BandLayout {
  const reachH = (g.kernel[0] - 1) * g.dilation[0];
  const reachW = (g.kernel[1] - 1) * g.dilation[1];
  const phases = g.stride[1];
  const pitch = Math.ceil(((g.outWidth - 1) * g.stride[1] + reachW + 1) / phases);
  const rowsThatFit = Math.floor(BAND_BYTES / (4 * g.inputs * phases * pitch));
  const fitting = Math.max(2, Math.floor((rowsThatFit - reachH - 1) / g.stride[0]) + 1);
  const sharing = Math.ceil(g.outHeight / Math.ceil(MIN_PIECES / images));
  const bands = Math.ceil(g.outHeight / Math.min(fitting, sharing, maxRows));
  const height = Math.ceil(g.outHeight / bands);
  return {
    height,
    bands: Math.ceil(g.outHeight / height),
    rows: (height - 1) * g.stride[0] + reachH + 1,
    phases,
    pitch,
  };
}

/** Bytes of scratch a band takes, with room for vector loads past its end. */
export function bandBytes(layout: BandLayout, inputs: number): number {
  return 4 * inputs * layout.rows * layout.phases * layout.pitch + 64;
}

/** Where tap (channel, kernel row, kernel column) of output (0, 0) lies in the band, in bytes; in a temporary. */
export function tapOffsets(machine: Machine, g: Geometry, layout: BandLayout): number {
  const [kH, kW] = g.kernel;
  const address = machine.temporary(4 * g.inputs * kH * kW);
  const { i32 } = machine.heap;
  const { phases, pitch } = layout;
  let at = address / 4;
  for (let c = 0; c < g.inputs; c++) {
    for (let u = 0; u < kH; u++) {
      const row = (c * layout.rows + u * g.dilation[0]) * phases;
      for (let v = 0; v < kW; v++) {
        const column = v * g.dilation[1];
        i32[at++] = 4 * ((row + (column % phases)) * pitch + Math.floor(column / phases));
      }
    }
  }
  return address;
}

/** What the forward kernel and the input gradient have in common: both convolve `x` into `y`. */
interface Convolution {
  readonly x: View;
  readonly y: View;
  readonly weight: View;
  readonly bias?: View | undefined;
  readonly attributes: Pick<Conv2dAttributes, 'stride' | 'padding' | 'dilation' | 'groups'>;
  /** Zeros − 1 between neighbours of x. */
  readonly spread: readonly [number, number];
  /** Weight is that of the forward convolution: exchange its channels and turn it by 180°. */
  readonly transposed: boolean;
}

function convolve(machine: Machine, c: Convolution): void {
  const [N, inC, H, W] = c.x.shape as [number, number, number, number];
  const [, outC, outH, outW] = c.y.shape as [number, number, number, number];
  const [, , kH, kW] = c.weight.shape as [number, number, number, number];
  const { stride, padding, dilation, groups } = c.attributes;
  const inputs = inC / groups;
  const outputs = outC / groups;
  const taps = inputs * kH * kW;
  const blocks = Math.ceil(outputs / 8);

  const packed = machine.temporary(groups * blocks * taps * 32);
  const strides = c.transposed ? [kH * kW, outputs * kH * kW] : [taps, kH * kW];
  machine.launch(
    'conv2dPack',
    groups * blocks,
    [packed, c.weight.address, outputs, inputs, kH * kW, ...strides, c.transposed ? 1 : 0],
    [],
    { work: groups * outputs * taps },
  );
  const bias = packBias(machine, c.bias, groups, outputs);

  const direct =
    kH * kW * stride[0] * stride[1] * c.spread[0] * c.spread[1] === 1 &&
    padding.every((p) => p === 0) &&
    H === outH &&
    W === outW;
  // A 1×1 convolution does not care about rows: take rows of 64 outputs.
  const plane = outH * outW;
  const outWidth = direct ? Math.min(64, plane) : outW;
  const outHeight = direct ? pieces(plane, outWidth) : outH;
  const g: Geometry = { inputs, outHeight, outWidth, kernel: [kH, kW], stride, dilation };
  const layout = layoutBand(g, N * groups);
  const offsets = direct ? planeOffsets(machine, inputs, H * W) : tapOffsets(machine, g, layout);
  machine.launch(
    'conv2d',
    N * groups * layout.bands,
    [
      ...[c.y.address, c.x.address, packed, bias, offsets],
      ...[taps, outputs, inputs, groups, H, W, outWidth, plane],
      ...[layout.height, layout.bands, layout.rows, stride[0], padding[0], padding[2]],
      ...[layout.phases, layout.pitch, c.spread[0], c.spread[1], direct ? 1 : 0],
    ],
    [],
    { scratch: direct ? 0 : bandBytes(layout, inputs), work: N * outC * plane * taps },
  );
}

/** Bias with each group's channels padded to whole blocks of 8; zeros without a bias. */
function packBias(machine: Machine, bias: View | undefined, groups: number, outputs: number): number {
  const padded = 8 * Math.ceil(outputs / 8);
  const address = machine.temporary(4 * groups * padded);
  const { f32 } = machine.heap;
  f32.fill(0, address / 4, address / 4 + groups * padded);
  if (bias) {
    for (let g = 0; g < groups; g++) {
      const from = bias.address / 4 + g * outputs;
      f32.copyWithin(address / 4 + g * padded, from, from + outputs);
    }
  }
  return address;
}

function planeOffsets(machine: Machine, inputs: number, plane: number): number {
  const address = machine.temporary(4 * inputs);
  for (let c = 0; c < inputs; c++) machine.heap.i32[address / 4 + c] = 4 * c * plane;
  return address;
}

export const conv2d: CpuKernel<'conv2d'> = (machine, [x, weight, bias], [y], attributes) => {
  convolve(machine, { x: x!, y: y!, weight: weight!, bias, attributes, spread: [1, 1], transposed: false });
};

export const conv2dInputGrad: CpuKernel<'conv2dInputGrad'> = (machine, [dy, weight], [dx], attributes) => {
  const [, , kH, kW] = weight!.shape as [number, number, number, number];
  const { stride, padding, dilation, groups } = attributes;
  const top = (kH - 1) * dilation[0] - padding[0];
  const left = (kW - 1) * dilation[1] - padding[2];
  convolve(machine, {
    x: dy!,
    y: dx!,
    weight: weight!,
    // Bottom and right follow from the size of dx.
    attributes: { stride: [1, 1], padding: [top, 0, left, 0], dilation, groups },
    spread: stride,
    transposed: true,
  });
};

/** Outputs a band of the weight gradient: with 8 channels of dy it should leave room in a first-level cache. */
const WEIGHT_BAND_OUTPUTS = 512;
/** Values all partial weight gradients together may have. */
const MAX_PARTIALS = 1 << 20;

export const conv2dWeightGrad: CpuKernel<'conv2dWeightGrad'> = (machine, [x, dy], [dweight], attributes) => {
  const [N, inC, H, W] = x!.shape as [number, number, number, number];
  const [, outC, outH, outW] = dy!.shape as [number, number, number, number];
  const { stride, padding, dilation, groups, kernel } = attributes;
  const inputs = inC / groups;
  const outputs = outC / groups;
  const taps = inputs * kernel[0] * kernel[1];
  const g: Geometry = { inputs, outHeight: outH, outWidth: outW, kernel, stride, dilation };
  const layout = layoutBand(g, MIN_PIECES, Math.max(1, Math.floor(WEIGHT_BAND_OUTPUTS / outW)));
  const offsets = tapOffsets(machine, g, layout);

  // Slots are groups of images with a partial gradient each; chunks are groups of 8-channel blocks.
  const blocks = Math.ceil(outputs / 8);
  const size = groups * blocks * taps * 8;
  const slots = Math.min(N, MIN_PIECES, Math.max(4, Math.floor(MAX_PARTIALS / size)));
  const chunks = Math.min(blocks, Math.ceil(MIN_PIECES / (slots * groups)));
  const partial = machine.temporary(4 * slots * size);
  const band = Math.ceil(bandBytes(layout, inputs) / 64) * 64;
  machine.launch(
    'conv2dWeightGrad',
    slots * groups * chunks,
    [
      ...[partial, x!.address, dy!.address, offsets],
      ...[taps, outputs, inputs, groups, N, H, W, outH, outW],
      ...[slots, chunks, layout.height, layout.bands, layout.rows, stride[0], padding[0], padding[2]],
      ...[layout.phases, layout.pitch, band],
    ],
    [],
    { scratch: band + 32 * layout.height * outW, work: N * outC * outH * outW * taps },
  );
  machine.launch(
    'conv2dWeightSum',
    groups * blocks,
    [dweight!.address, partial, taps, outputs, groups, slots],
    [],
    { work: slots * size, scratch: 32 },
  );
};
