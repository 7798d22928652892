import type { Convolution } from './conv2d.ts';
import { shareWeightGradient, type WeightGradient } from './conv2dweight.ts';
import { type Geometry, MIN_PIECES } from './convlayout.ts';
import { pieces } from './kernel.ts';
import type { Machine } from './machine.ts';
import { packedForm } from './packedforms.ts';

/** With fewer channels than this the transforms cost more than they save. */
const MIN_CHANNELS = 8;
/** Up to here tiles of 4×4 keep errors below 2e-6 of the largest output. */
const MAX_LARGE_CHANNELS = 64;
/** Pieces a job should have where more mean transforming the same input for each, and outputs such a piece should have. */
const FEW_PIECES = 4;
const MIN_OUTPUTS = 32;
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

/** The same for tiles of 4×4 outputs, whose padded rows are not split. */
function layoutLargeTiles(c: Geometry, inputs: number, maxRows: number) {
  const tileRows = pieces(c.outHeight, 4);
  const groupsAcross = pieces(c.outWidth, 16);
  // With one group across, two rows fill a panel.
  const bandRows = pieces(tileRows, pieces(tileRows, Math.max(groupsAcross === 1 ? 2 : 1, maxRows)));
  const paddedRows = 4 * bandRows + 2;
  const pitch = 16 * groupsAcross + 2;
  const bytes = 64 * pieces(4 * inputs * paddedRows * pitch + 64, 64);
  return { bandRows, bands: pieces(tileRows, bandRows), paddedRows, pitch, bytes };
}

/**
 * Whether tiles of 4×4 outputs pay: not where they hang over the edge much more than tiles of 2×2 do, nor with so many
 * channels that their larger errors add up. Never a question of the number of images: an image has the same bits alone.
 */
function largeTilesPay({ geometry, inputs }: Convolution): boolean {
  const { outHeight, outWidth } = geometry;
  const large = 4 * pieces(outHeight, 4) * 16 * pieces(outWidth, 16);
  const small = 2 * pieces(outHeight, 2) * 8 * pieces(outWidth, 8);
  return inputs <= MAX_LARGE_CHANNELS && outHeight > 4 && outWidth > 8 && 4 * large <= 5 * small;
}

export function launchWinograd(machine: Machine, c: Convolution): void {
  if (largeTilesPay(c)) launchTiles(machine, c, 4);
  else launchTiles(machine, c, 2);
}

/** Tiles of `tile`×`tile` outputs: wasm/winograd.ts or wasm/winograd4.ts. */
function launchTiles(machine: Machine, c: Convolution, tile: 2 | 4): void {
  const { images, groups, inputs, outputs } = c;
  const { outHeight, outWidth } = c.geometry;
  const blocks = pieces(outputs, 4);
  const positions = (tile + 2) * (tile + 2);
  const packed = packTiles(machine, c, tile);
  let { bias } = c;
  if (bias === undefined) {
    bias = machine.temporary(4 * groups * outputs);
    machine.heap.f32.fill(0, bias / 4, bias / 4 + groups * outputs);
  }

  const sharing = pieces(pieces(outHeight, tile), pieces(MIN_PIECES, images * groups));
  const maxRows = Math.min(sharing, pieces((BAND_TILES * 4) / (tile * tile), pieces(outWidth, tile)));
  const layout =
    tile === 2 ? layoutTiles(c.geometry, inputs, maxRows) : layoutLargeTiles(c.geometry, inputs, maxRows);
  const shares = images * groups * layout.bands;
  const chunks = Math.min(pieces(FEW_PIECES, shares), Math.max(1, Math.floor(outputs / MIN_OUTPUTS)));
  const panels = tile === 2 ? 2 : 1;
  const products = layout.bytes + panels * positions * (32 * inputs + 64) + (tile === 2 ? 64 : 36 * 16);
  machine.launch(
    tile === 2 ? 'winograd' : 'winograd4',
    shares * chunks,
    [
      ...[c.y, c.x, packed, bias, outputs, inputs, groups, c.height, c.width, outHeight, outWidth],
      ...[layout.bandRows, layout.bands, layout.paddedRows, c.top, c.left, layout.pitch],
      ...[layout.bytes, products, c.relu ? 1 : 0, c.halved ? 1 : 0, chunks],
    ],
    [],
    {
      scratch: products + panels * blocks * positions * 128,
      work: images * groups * outputs * outHeight * outWidth * inputs * 4,
    },
  );
}

function packTiles(machine: Machine, c: Convolution, tile: 2 | 4): number {
  const { groups, inputs, outputs, weight } = c;
  const blocks = pieces(outputs, 4);
  const positions = (tile + 2) * (tile + 2);
  // With room between positions: positionBytesOf in wasm/winograd.ts.
  const bytes = groups * positions * (blocks * inputs * 16 + 192);
  const turned = order(c.geometry) === 'turned' ? 1 : 0;
  const form = [outputs, inputs, c.outputStride, c.inputStride, turned];
  return packedForm(machine, weight, [tile, groups, ...form], bytes, (packed) => {
    machine.launch(
      tile === 2 ? 'winogradPack' : 'winograd4Pack',
      groups * blocks,
      [packed, weight.address, ...form],
      [],
      { scratch: 144 + 48 * (tile + 2), work: groups * outputs * inputs * positions * 0.5 },
    );
  });
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
