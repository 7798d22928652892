import type { Conv2dAttributes, Pair } from '../ops.ts';
import type { Machine } from './machine.ts';

/** Bytes of padded input a band may have: with weights and outputs it should stay in a first-level cache. */
const BAND_BYTES = 32 * 1024;
/** Pieces a job should have at least, so that many threads find work. */
export const MIN_PIECES = 16;

/** One weight of a kernel: where its x lies relative to the output's (in the padded image), and which weight it is. */
export interface Tap {
  readonly row: number;
  readonly column: number;
  readonly weight: number;
}

/** What decides how padded input lies in scratch. */
export interface Geometry {
  readonly outHeight: number;
  readonly outWidth: number;
  readonly stride: Pair;
  readonly taps: readonly Tap[];
}

/** How a band of output rows lies in scratch: see wasm/padding.ts. */
export interface BandLayout {
  /** Output rows a band; bands an image. */
  readonly height: number;
  readonly bands: number;
  /** Padded input rows a band. */
  readonly rows: number;
  readonly phases: number;
  /** Floats from one phase to the next. */
  readonly pitch: number;
}

/** The taps of a kernel, row by row. */
export function geometryOf(
  kernel: Pair,
  { stride, dilation }: Conv2dAttributes,
  outHeight: number,
  outWidth: number,
): Geometry {
  const taps: Tap[] = [];
  for (let u = 0; u < kernel[0]; u++) {
    for (let v = 0; v < kernel[1]; v++) {
      taps.push({ row: u * dilation[0], column: v * dilation[1], weight: u * kernel[1] + v });
    }
  }
  return { outHeight, outWidth, stride, taps };
}

/** The band of all rows. */
export function layoutPlane(g: Geometry): BandLayout {
  return layoutRows(g, g.outHeight);
}

/**
 * Bands of `inputs` channels that fit into a cache, for `images` (times groups) that are pieces anyway.
 * @param options.maxRows bounds a band from above.
 * @param options.even of an even number of rows, but for the last
 */
export function layoutBand(
  g: Geometry,
  inputs: number,
  images: number,
  { maxRows = Infinity, even = false }: { readonly maxRows?: number; readonly even?: boolean } = {},
): BandLayout {
  const { rows, phases, pitch } = layoutRows(g, 1);
  const rowsThatFit = Math.floor(BAND_BYTES / (4 * inputs * phases * pitch));
  const fitting = Math.max(2, Math.floor((rowsThatFit - rows) / g.stride[0]) + 1);
  const sharing = Math.ceil(g.outHeight / Math.ceil(MIN_PIECES / images));
  const bands = Math.ceil(g.outHeight / Math.min(fitting, sharing, maxRows));
  const height = Math.ceil(g.outHeight / bands);
  return layoutRows(g, even ? height + (height % 2) : height);
}

function layoutRows(g: Geometry, height: number): BandLayout {
  let reachH = 0;
  let reachW = 0;
  for (const { row, column } of g.taps) {
    reachH = Math.max(reachH, row);
    reachW = Math.max(reachW, column);
  }
  return {
    height,
    bands: Math.ceil(g.outHeight / height),
    rows: (height - 1) * g.stride[0] + reachH + 1,
    phases: g.stride[1],
    pitch: Math.ceil(((g.outWidth - 1) * g.stride[1] + reachW + 1) / g.stride[1]),
  };
}

/** Bytes of scratch a band takes, with room for vector loads past its end. */
export function bandBytes({ rows, phases, pitch }: BandLayout, inputs: number): number {
  return 64 * Math.ceil((4 * inputs * rows * phases * pitch) / 64 + 1);
}

/** Where each tap of each channel of output (0, 0) lies in the band, in bytes; in a temporary. */
export function tapOffsets(machine: Machine, g: Geometry, inputs: number, layout: BandLayout): number {
  const { phases, pitch, rows } = layout;
  const offsets = g.taps.map(({ row, column }) => {
    return 4 * ((row * phases + (column % phases)) * pitch + Math.floor(column / phases));
  });
  const address = machine.temporary(4 * inputs * offsets.length);
  const { i32 } = machine.heap;
  let at = address / 4;
  for (let c = 0; c < inputs; c++) {
    for (const offset of offsets) i32[at++] = 4 * c * rows * phases * pitch + offset;
  }
  return address;
}
