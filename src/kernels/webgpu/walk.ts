/** Walks through strided arrays: the axes that `wgsl/lib-walk.wgsl` goes along. */
import { ShapeError } from '../../base/errors.ts';
import type { Shape } from '../backend.ts';

/** Axes a kernel can walk along after merging; as many as `axis` has places in the kernels. */
const MOST_AXES = 8;

/** One axis: its size, then each array's stride along it, in elements; 0 where there is no such array. */
export type Axis = [size: number, number, number, number];

/** Distance between neighbours along each axis of a contiguous array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Strides that read `from` as if it had shape `to` (NumPy broadcasting): 0 along axes it does not have. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = new Array<number>(to.length).fill(0);
  let stride = 1;
  for (let back = 1; back <= from.length; back++) {
    const size = from[from.length - back]!;
    if (size !== 1) strides[to.length - back] = stride;
    stride *= size;
  }
  return strides;
}

/**
 * As few axes as walk the same way, innermost first: axes of size 1 go, and neighbours that every array steps
 * through evenly become one. One axis at least.
 * @throws ShapeError `<op>/axes` if more are left than kernels can walk along
 */
export function mergeAxes(op: string, sizes: Shape, a: readonly number[], b?: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  let inner: Axis | null = null;
  for (let i = sizes.length - 1; i >= 0; i--) {
    const size = sizes[i]!;
    if (size === 1) continue;
    const [strideA, strideB] = [a[i]!, b ? b[i]! : 0];
    if (inner && strideA === inner[1] * inner[0] && strideB === inner[2] * inner[0]) {
      inner[0] *= size;
    } else {
      inner = [size, strideA, strideB, 0];
      axes.push(inner);
    }
  }
  if (axes.length === 0) axes.push([1, 1, 1, 0]);
  checkAxes(op, axes);
  return axes;
}

/** @throws ShapeError `<op>/axes` */
export function checkAxes(op: string, axes: readonly Axis[]): void {
  if (axes.length <= MOST_AXES) return;
  throw new ShapeError(
    `${op}/axes`,
    `${op}: ${axes.length} axes that cannot be merged; at most ${MOST_AXES} are possible`,
  );
}
