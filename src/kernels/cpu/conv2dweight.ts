import { bandBytes, geometryOf, layoutBand, MIN_PIECES, tapOffsets } from './convlayout.ts';
import { isDepthwise, launchDepthwiseWeightGrad } from './depthwise.ts';
import type { CpuKernel } from './kernel.ts';

/** Outputs a band of the weight gradient: with 8 channels of dy it should leave room in a first-level cache. */
const WEIGHT_BAND_OUTPUTS = 512;
/** Values all partial weight gradients together may have. */
const MAX_PARTIALS = 1 << 20;

export const conv2dWeightGrad: CpuKernel<'conv2dWeightGrad'> = (machine, [x, dy], [dweight], attributes) => {
  const [N, inC, H, W] = x!.shape as [number, number, number, number];
  const [, outC, outH, outW] = dy!.shape as [number, number, number, number];
  const { stride, padding, groups, kernel } = attributes;
  const inputs = inC / groups;
  const outputs = outC / groups;
  const g = geometryOf(kernel, attributes, outH, outW);
  if (isDepthwise({ inputs, outputs })) {
    launchDepthwiseWeightGrad(machine, {
      ...g,
      ...{ dweight: dweight!.address, x: x!.address, dy: dy!.address },
      ...{ images: N, channels: inC, height: H, width: W, top: padding[0], left: padding[2] },
    });
    return;
  }
  const taps = inputs * g.taps.length;
  const layout = layoutBand(g, inputs, MIN_PIECES, Math.max(1, Math.floor(WEIGHT_BAND_OUTPUTS / outW)));
  const offsets = tapOffsets(machine, g, inputs, layout);

  // Slots are groups of images with a partial gradient each; chunks are groups of 8-channel blocks.
  const blocks = Math.ceil(outputs / 8);
  const size = groups * blocks * taps * 8;
  const slots = Math.min(N, MIN_PIECES, Math.max(4, Math.floor(MAX_PARTIALS / size)));
  const chunks = Math.min(blocks, Math.ceil(MIN_PIECES / (slots * groups)));
  const partial = machine.temporary(4 * slots * size);
  const band = bandBytes(layout, inputs);
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
