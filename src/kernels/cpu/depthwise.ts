import type { Convolution } from './conv2d.ts';
import { bandBytes, type Geometry, layoutPlane, MIN_PIECES, tapOffsets } from './convlayout.ts';
import type { Machine } from './machine.ts';

/** One channel in, one out: nothing is shared between channels. */
export function isDepthwise({ inputs, outputs }: Pick<Convolution, 'inputs' | 'outputs'>): boolean {
  return inputs === 1 && outputs === 1;
}

export function launchDepthwise(machine: Machine, c: Convolution): void {
  const planes = c.images * c.groups;
  const layout = layoutPlane(c);
  const offsets = tapOffsets(machine, c, 1, layout);
  const count = Math.min(planes, 4 * MIN_PIECES);
  machine.launch(
    'depthwise',
    count,
    [
      ...[c.y, c.x, gatherWeights(machine, c), c.bias ?? 0, offsets, c.taps.length],
      ...[planes, c.groups, count, c.height, c.width, c.outHeight, c.outWidth],
      ...[layout.rows, c.stride[0], c.top, c.left, layout.phases, layout.pitch],
    ],
    [],
    { scratch: bandBytes(layout, 1), work: planes * c.outHeight * c.outWidth * c.taps.length },
  );
}

/** [channels][taps], in the order of the taps. */
function gatherWeights(machine: Machine, { groups, taps, kernelSize, weight }: Convolution): number {
  const address = machine.temporary(4 * groups * taps.length);
  const { f32 } = machine.heap;
  let at = address / 4;
  for (let c = 0; c < groups; c++) {
    const from = weight / 4 + c * kernelSize;
    for (const tap of taps) f32[at++] = f32[from + tap.weight]!;
  }
  return address;
}

/** Sizes and addresses of a depthwise weight gradient. */
export interface DepthwiseWeightGrad extends Geometry {
  readonly dweight: number;
  readonly x: number;
  readonly dy: number;
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly top: number;
  readonly left: number;
}

export function launchDepthwiseWeightGrad(machine: Machine, d: DepthwiseWeightGrad): void {
  const layout = layoutPlane(d);
  const offsets = tapOffsets(machine, d, 1, layout);
  const band = bandBytes(layout, 1);
  machine.launch(
    'depthwiseWeightGrad',
    d.channels,
    [
      ...[d.dweight, d.x, d.dy, offsets, d.taps.length, d.images, d.channels],
      ...[d.height, d.width, d.outHeight, d.outWidth],
      ...[layout.rows, d.stride[0], d.top, d.left, layout.phases, layout.pitch, band],
    ],
    [],
    {
      scratch: band + 8 * d.taps.length + 16,
      work: d.images * d.channels * d.outHeight * d.outWidth * d.taps.length,
    },
  );
}
