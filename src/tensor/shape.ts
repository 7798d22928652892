import { formatShape, ShapeError } from '../base/errors.ts';

export type Shape = readonly number[];

/** Number of elements; 1 for a scalar shape []. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** Throws unless every extent is a positive integer: tensors without elements are not supported. */
export function checkShape(op: string, shape: Shape): void {
  for (const extent of shape) {
    if (!Number.isInteger(extent) || extent < 1) {
      throw new ShapeError(
        'shape/invalid',
        `${op}: ${formatShape(shape)} is not a shape`,
        'Every extent must be a positive integer',
      );
    }
  }
}

/** NumPy broadcasting: axes are aligned at the end, an extent of 1 (or a missing axis) stretches. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const result: number[] = new Array(rank);
  for (let back = 1; back <= rank; back++) {
    const x = a[a.length - back] ?? 1;
    const y = b[b.length - back] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        'shape/broadcast',
        `${op}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ${x} against ${y} at axis −${back}`,
        'Extents must be equal, or one of them 1',
      );
    }
    result[rank - back] = Math.max(x, y);
  }
  return result;
}

/** Axes made non-negative, checked against the rank, sorted; duplicates are an error. */
export function normaliseAxes(op: string, axes: readonly number[], rank: number): number[] {
  const result = axes.map((axis) => normaliseAxis(op, axis, rank)).sort((a, b) => a - b);
  for (let i = 1; i < result.length; i++) {
    if (result[i] === result[i - 1])
      throw new ShapeError('shape/axes', `${op}: axis ${result[i]} is named twice`);
  }
  return result;
}

export function normaliseAxis(op: string, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw new ShapeError('shape/axes', `${op}: axis ${axis} does not exist in a tensor of rank ${rank}`);
  }
  return positive;
}

/** Shape after reducing `axes` (sorted, non-negative). */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  const result: number[] = [];
  shape.forEach((extent, axis) => {
    if (!axes.includes(axis)) result.push(extent);
    else if (keepDims) result.push(1);
  });
  return result;
}

/** Axes of `from` that were stretched or added to make `to`; used to sum a gradient back. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const added = to.length - from.length;
  const axes: number[] = [];
  to.forEach((extent, axis) => {
    if (axis < added || (from[axis - added] === 1 && extent !== 1)) axes.push(axis);
  });
  return axes;
}
