import type { Convolution } from './conv2d.ts';
import { bandBytes, layoutPlane, MIN_PIECES, tapOffsets } from './convlayout.ts';
import type { Machine } from './machine.ts';

/** One channel in, one out: nothing is shared between channels. */
export function isDepthwise({ inputs, outputs }: Pick<Convolution, 'inputs' | 'outputs'>): boolean {
  return inputs === 1 && outputs === 1;
}

export function launchDepthwise(machine: Machine, c: Convolution): void {
  const { outHeight, outWidth, stride, taps } = c.geometry;
  const planes = c.images * c.groups;
  const layout = layoutPlane(c.geometry);
  const offsets = tapOffsets(machine, c.geometry, 1, layout);
  const count = Math.min(planes, 4 * MIN_PIECES);
  machine.launch(
    'depthwise',
    count,
    [
      ...[c.y, c.x, gatherWeights(machine, c), c.bias ?? 0, offsets, taps.length],
      ...[planes, c.groups, count, c.height, c.width, outHeight, outWidth],
      ...[layout.rows, stride[0], c.top, c.left, layout.phases, layout.pitch, c.relu ? 1 : 0],
    ],
    [],
    { scratch: bandBytes(layout, 1), work: planes * outHeight * outWidth * taps.length },
  );
}

/** [channels][taps], in the order of the taps. */
function gatherWeights(machine: Machine, { groups, geometry, kernelSize, weight }: Convolution): number {
  const { taps } = geometry;
  const address = machine.temporary(4 * groups * taps.length);
  const { f32 } = machine.heap;
  let at = address / 4;
  for (let c = 0; c < groups; c++) {
    const from = weight.address / 4 + c * kernelSize;
    for (const tap of taps) f32[at++] = f32[from + tap.weight]!;
  }
  return address;
}
