import {
  bandBytes,
  type Geometry,
  geometryOf,
  layoutBand,
  layoutPlane,
  MIN_PIECES,
  tapOffsets,
} from './convlayout.ts';
import { type CpuKernel, pieces } from './kernel.ts';
import type { Machine } from './machine.ts';
import { launchWinogradWeightGrad, winogradPays } from './winograd.ts';

/** A weight gradient as the kernels do it. */
export interface WeightGradient {
  readonly geometry: Geometry;
  readonly images: number;
  readonly groups: number;
  /** Channels a group. */
  readonly inputs: number;
  readonly outputs: number;
  readonly height: number;
  readonly width: number;
  /** Row and column of the padded image where x begins. */
  readonly top: number;
  readonly left: number;
  /** Addresses. */
  readonly dweight: number;
  readonly x: number;
  readonly dy: number;
}

/** Outputs a band of the weight gradient: with 8 channels of dy it should leave room in a first-level cache. */
const BAND_OUTPUTS = 512;
/** Values all partial weight gradients together may have. */
const MAX_PARTIALS = 1 << 20;

export const conv2dWeightGrad: CpuKernel<'conv2dWeightGrad'> = (machine, [x, dy], [dweight], attributes) => {
  const [images, inC, height, width] = x!.shape as [number, number, number, number];
  const [, outC, outH, outW] = dy!.shape as [number, number, number, number];
  const { padding, groups, kernel } = attributes;
  const w: WeightGradient = {
    geometry: geometryOf(kernel, attributes, outH, outW),
    images,
    groups,
    inputs: inC / groups,
    outputs: outC / groups,
    height,
    width,
    top: padding[0],
    left: padding[2],
    dweight: dweight!.address,
    x: x!.address,
    dy: dy!.address,
  };
  if (w.inputs === 1 && w.outputs === 1) launchDepthwise(machine, w);
  else if (winogradPays(w)) launchWinogradWeightGrad(machine, w);
  else launchDense(machine, w);
};

/**
 * Who does what: slots are runs of images with a partial gradient of `size` values each; chunks are runs of blocks
 * of 8 output channels.
 */
export function shareWeightGradient({ images, groups, outputs }: WeightGradient, size: number) {
  const slots = Math.min(images, MIN_PIECES, Math.max(4, Math.floor(MAX_PARTIALS / size)));
  const chunks = Math.min(pieces(outputs, 8), pieces(MIN_PIECES, slots * groups));
  return { slots, chunks };
}

function launchDense(machine: Machine, w: WeightGradient): void {
  const { geometry, images, groups, inputs, outputs } = w;
  const { outHeight, outWidth, stride } = geometry;
  const taps = inputs * geometry.taps.length;
  const maxRows = Math.max(1, Math.floor(BAND_OUTPUTS / outWidth));
  const layout = layoutBand(geometry, inputs, MIN_PIECES, { maxRows });
  const offsets = tapOffsets(machine, geometry, inputs, layout);
  const blocks = pieces(outputs, 8);
  const size = groups * blocks * taps * 8;
  const { slots, chunks } = shareWeightGradient(w, size);
  const partial = machine.temporary(4 * slots * size);
  const band = bandBytes(layout, inputs);
  machine.launch(
    'conv2dWeightGrad',
    slots * groups * chunks,
    [
      ...[partial, w.x, w.dy, offsets],
      ...[taps, outputs, inputs, groups, images, w.height, w.width, outHeight, outWidth],
      ...[slots, chunks, layout.height, layout.bands, layout.rows, stride[0], w.top, w.left],
      ...[layout.phases, layout.pitch, band],
    ],
    [],
    {
      scratch: band + 32 * layout.height * outWidth,
      work: images * groups * outputs * outHeight * outWidth * taps,
    },
  );
  machine.launch('conv2dWeightSum', groups * blocks, [w.dweight, partial, taps, outputs, groups, slots], [], {
    work: slots * size,
    scratch: 32,
  });
}

function launchDepthwise(machine: Machine, w: WeightGradient): void {
  const { outHeight, outWidth, stride, taps } = w.geometry;
  const layout = layoutPlane(w.geometry);
  const offsets = tapOffsets(machine, w.geometry, 1, layout);
  const band = bandBytes(layout, 1);
  machine.launch(
    'depthwiseWeightGrad',
    w.groups,
    [
      ...[w.dweight, w.x, w.dy, offsets, taps.length, w.images, w.groups],
      ...[w.height, w.width, outHeight, outWidth],
      ...[layout.rows, stride[0], w.top, w.left, layout.phases, layout.pitch, band],
    ],
    [],
    {
      scratch: band + 8 * taps.length + 16,
      work: w.images * w.groups * outHeight * outWidth * taps.length,
    },
  );
}
