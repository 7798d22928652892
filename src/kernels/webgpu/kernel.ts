import type { DType, Shape } from '../backend.ts';
import type { OpAttributes } from '../ops.ts';
import type { WebgpuBuffer } from './buffer.ts';
import type { ShaderName } from './shaders.ts';

/** A tensor as a webgpu kernel sees it: contiguous, row-major. */
export interface View {
  readonly buffer: WebgpuBuffer;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One dispatch. Buffers are bound in order: `@group(0) @binding(i)`, inputs first. */
export interface Dispatch {
  /** A file of `wgsl/`, without its ending. */
  readonly shader: ShaderName;
  /** What `$NAME` in the source stands for; part of what the pipeline is cached by. */
  readonly defines?: Readonly<Record<string, string | number>>;
  /** Values of `override` declarations; part of what the pipeline is cached by. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Bound as `var<storage, read>`. */
  readonly inputs: readonly View[];
  /** Bound as `var<storage, read_write>`. */
  readonly outputs: readonly View[];
  /** The uniform `@group(0) @binding($PARAMS)`: u32 (or i32) fields first, then f32 ones; at most 64 in all. */
  readonly integers?: readonly number[];
  readonly floats?: readonly number[];
  readonly workgroups: readonly [number, number, number];
}

/** What kernels are given to work with. */
export interface Gpu {
  readonly subgroups: boolean;
  readonly limits: GPUSupportedLimits;
  dispatch(dispatch: Dispatch): void;
  /** Memory until the op is done; holds anything. */
  temporary(count: number, dtype?: DType): View;
}

/** Chooses kernels and sizes and dispatches. Shapes have been checked by the op's shape rule. */
export type WebgpuKernel<K extends keyof OpAttributes> = (
  gpu: Gpu,
  inputs: readonly View[],
  outputs: readonly View[],
  attributes: OpAttributes[K],
) => void;

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** How many groups of `size` cover `count`. */
export function groups(count: number, size: number): number {
  return Math.ceil(count / size);
}

/**
 * Workgroups for `count` items, `perGroup` each, as a grid: one axis may not have more than 65,535. In WGSL the
 * number of a workgroup is `id.y * GRID_WIDTH + id.x` with the same GRID_WIDTH (see `lib-grid.wgsl`).
 */
export function grid(count: number, perGroup: number): [number, number, number] {
  const total = groups(count, perGroup);
  return total <= GRID_WIDTH ? [total, 1, 1] : [GRID_WIDTH, groups(total, GRID_WIDTH), 1];
}

export const GRID_WIDTH = 32768;
