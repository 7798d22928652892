import type { Convolution } from './conv2d.ts';
import { shareWeightGradient, type WeightGradient } from './conv2dweight.ts';
import { type Geometry, MIN_PIECES } from './convlayout.ts';
import { pieces } from './kernel.ts';
import type { Machine } from './machine.ts';

/** With fewer channels than this the transforms cost more than they save. */
const MIN_CHANNELS = 8;
/** Tiles a band should have at least: the rows of two bands overlap. */
const BAND_TILES = 128;

/** Values the transformed input of a band may have in the weight gradient, which takes whole bands at a time. */
const BAND_VALUES = 1 << 16;

/** Whether Winograd's way is open and pays: 3×3 taps side by side, stride 1. */
export function winogradPays({ geometry, inputs, outputs }: Convolution | WeightGradient): boolean {
  const { stride, taps } = geometry;
  return (
    Math.min(inputs, outputs) >= MIN_CHANNELS &&
    taps.length === 9 &&
    stride[0] * stride[1] === 1 &&
    order(geometry) !== undefined
  );
}

/** Which way the 3×3 taps, row by row, go through the weights of a kernel. */
function order({ taps }: Geometry): 'forward' | 'turned' | undefined {
  const all = (weight: (row: number, column: number) => number) =>
    taps.every((tap) => tap.row < 3 && tap.column < 3 && tap.weight === weight(tap.row, tap.column));
  if (all((row, column) => 3 * row + column)) return 'forward';
  return all((row, column) => 8 - 3 * row - column) ? 'turned' : undefined;
}

/** How tile rows are cut into bands and how a padded band lies in scratch. */
function layoutTiles(c: Geometry, inputs: number, maxRows: number) {
  const tileRows = pieces(c.outHeight, 2);
  const bandRows = pieces(tileRows, pieces(tileRows, Math.max(1, maxRows)));
  const paddedRows = 2 * bandRows + 2;
  const groupsAcross = pieces(c.outWidth, 8);
  // Groups of 4 tiles read 5 values of each phase.
  const pitch = 4 * groupsAcross + 1;
  const bytes = 64 * pieces(4 * inputs * paddedRows * 2 * pitch + 64, 64);
  return { bandRows, bands: pieces(tileRows, bandRows), paddedRows, groupsAcross, pitch, bytes };
}

export function launchWinograd(machine: Machine, c: Convolution): void {
  const { images, groups, inputs, outputs } = c;
  const { outHeight, outWidth } = c.geometry;
  const blocks = pieces(outputs, 4);
  // With room between positions: positionBytesOf in wasm/winograd.ts.
  const packed = machine.temporary(groups * 16 * (blocks * inputs * 16 + 192));
  machine.launch(
    'winogradPack',
    groups * blocks,
    [
      packed,
      c.weight,
      outputs,
      inputs,
      c.outputStride,
      c.inputStride,
      order(c.geometry) === 'turned' ? 1 : 0,
    ],
    [],
    { scratch: 144 + 192, work: groups * outputs * inputs * 8 },
  );
  let { bias } = c;
  if (bias === undefined) {
    bias = machine.temporary(4 * groups * outputs);
    machine.heap.f32.fill(0, bias / 4, bias / 4 + groups * outputs);
  }

  const sharing = pieces(pieces(outHeight, 2), pieces(MIN_PIECES, images * groups));
  const layout = layoutTiles(c.geometry, inputs, Math.min(sharing, pieces(BAND_TILES, pieces(outWidth, 2))));
  const products = layout.bytes + 2 * 16 * (32 * inputs + 64) + 64;
  machine.launch(
    'winograd',
    images * groups * layout.bands,
    [
      ...[c.y, c.x, packed, bias, outputs, inputs, groups, c.height, c.width, outHeight, outWidth],
      ...[layout.bandRows, layout.bands, layout.paddedRows, c.top, c.left, layout.pitch],
      ...[layout.bytes, products, c.relu ? 1 : 0],
    ],
    [],
    {
      scratch: products + 2 * blocks * 2048,
      work: images * groups * outputs * outHeight * outWidth * inputs * 4,
    },
  );
}

export function launchWinogradWeightGrad(machine: Machine, w: WeightGradient): void {
  const { images, groups, inputs, outputs } = w;
  const { outHeight, outWidth } = w.geometry;
  const groupsAcross = pieces(outWidth, 8);
  const layout = layoutTiles(w.geometry, inputs, Math.floor(BAND_VALUES / (inputs * 64 * groupsAcross)));
  const tiles = 4 * layout.bandRows * groupsAcross;
  // Neighbouring positions must not lie a multiple of 4 KiB apart: they would compete for the same cache sets.
  const channelBytes = 4 * tiles + 64;
  const positionBytes = inputs * channelBytes + (inputs % 2 === 0 ? 192 : 128);
  const offsets = machine.temporary(4 * inputs);
  for (let i = 0; i < inputs; i++) machine.heap.i32[offsets / 4 + i] = channelBytes * i;

  const blocks = pieces(outputs, 8);
  const size = groups * blocks * 16 * inputs * 8;
  const { slots, chunks } = shareWeightGradient(w, size);
  const partial = machine.temporary(4 * slots * size);
  const pixels = layout.bytes + 16 * positionBytes;
  const gradients = pixels + 32 * 2 * layout.bandRows * outWidth;
  machine.launch(
    'winogradWeightGrad',
    slots * groups * chunks,
    [
      ...[partial, w.x, w.dy, offsets, outputs, inputs, groups, images],
      ...[w.height, w.width, outHeight, outWidth, slots, chunks],
      ...[layout.bandRows, layout.bands, layout.paddedRows, w.top, w.left, layout.pitch],
      ...[layout.bytes, pixels, gradients, channelBytes, positionBytes],
    ],
    [],
    {
      scratch: gradients + 16 * (32 * tiles + 192),
      work: images * groups * outputs * outHeight * outWidth * inputs * 4,
    },
  );
  machine.launch(
    'winogradWeightSum',
    groups * blocks,
    [w.dweight, partial, outputs, inputs, groups, slots],
    [],
    { work: slots * size, scratch: 192 + 144 },
  );
}
