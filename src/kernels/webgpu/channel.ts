/** Tiles of channels, and their batch statistics: what batchNorm and batchNormBlock begin with. */
import type { Shape } from '../backend.ts';
import { type Gpu, grid, groups, sizeOf, type View } from './kernel.ts';

/** TILE in `wgsl/lib-channel.wgsl`. */
const TILE = 2048;

/** Types of a Value of one or four floats, for `wgsl/lib-channel.wgsl`. */
export const VECTOR = { VALUE: 'vec4f', WIDTH: 4, TOTAL: '(x.x + x.y) + (x.z + x.w)' };
export const SCALAR = { VALUE: 'f32', WIDTH: 1, TOTAL: 'x' };

const STATISTICS = {
  vector: { ...VECTOR, X: 'vec4<T0>' },
  scalar: { ...SCALAR, X: 'T0' },
};

export interface Tiling {
  readonly kind: 'vector' | 'scalar';
  readonly channels: number;
  /** Tiles a channel. */
  readonly tiles: number;
  /** Values a plane. */
  readonly plane: number;
  /** Values a channel. */
  readonly count: number;
  /** Floats a channel, and a tile. */
  readonly size: number;
  readonly tile: number;
}

/** Of x [N, C, …]. */
export function tilingOf(shape: Shape): Tiling {
  const channels = shape[1]!;
  const floats = sizeOf(shape.slice(2));
  const width = floats % 4 === 0 ? 4 : 1;
  const count = (shape[0]! * floats) / width;
  return {
    kind: width === 4 ? 'vector' : 'scalar',
    channels,
    tiles: groups(count, TILE),
    plane: floats / width,
    count,
    size: width * count,
    tile: width * TILE,
  };
}

/** Mean and sum of squared deviations of every tile: one dispatch. */
export function takeStatistics(gpu: Gpu, x: View, tiling: Tiling): View {
  const { kind, channels, tiles, plane, count } = tiling;
  const partials = gpu.temporary(2 * channels * tiles);
  gpu.dispatch({
    shader: 'batchnorm-statistics',
    defines: STATISTICS[kind],
    inputs: [x],
    outputs: [partials],
    integers: [channels, tiles, plane, count],
    workgroups: grid(channels * tiles, 1),
  });
  return partials;
}
