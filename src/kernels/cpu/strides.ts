import { ShapeError } from '../../base/errors.ts';
import type { Shape } from '../backend.ts';

/** Axes a kernel can walk after collapsing; AXES in wasm/strided.ts. */
export const MAX_AXES = 8;

/** How operands are walked together: the length of every axis, and each operand's step along it, in elements. */
export interface Walk {
  readonly sizes: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

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
  const own = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : own[axis - missing]!));
}

/**
 * The same walk with as few axes as possible, so that inner loops are long: axes of length 1 go, and neighbours
 * that every operand steps through evenly become one. At least one axis is left.
 */
export function collapse({ sizes, strides }: Walk): Walk {
  const newSizes: number[] = [];
  const newStrides: number[][] = strides.map(() => []);
  for (let axis = 0; axis < sizes.length; axis++) {
    const size = sizes[axis]!;
    if (size === 1) continue;
    const last = newSizes.length - 1;
    if (last >= 0 && strides.every((own, k) => newStrides[k]![last] === own[axis]! * size)) {
      newSizes[last]! *= size;
      strides.forEach((own, k) => {
        newStrides[k]![last] = own[axis]!;
      });
    } else {
      newSizes.push(size);
      strides.forEach((own, k) => {
        newStrides[k]!.push(own[axis]!);
      });
    }
  }
  if (newSizes.length === 0) return { sizes: [1], strides: strides.map(() => [1]) };
  return { sizes: newSizes, strides: newStrides };
}

/**
 * Arguments of a walk of `a` and `b` broadcast to `shape`: walkArguments(collapse(…)) in one pass, because ops on a few
 * numbers cost what their launch costs. Axes are met from the last to the first.
 */
export function broadcastArguments(op: string, a: Shape, b: Shape, shape: Shape): number[] {
  const [sizes, ofA, ofB]: [number[], number[], number[]] = [[], [], []];
  let [nextA, nextB] = [1, 1];
  for (let back = 1; back <= shape.length; back++) {
    const size = shape[shape.length - back]!;
    if (size === 1) continue;
    const extentA = back <= a.length ? a[a.length - back]! : 1;
    const extentB = back <= b.length ? b[b.length - back]! : 1;
    const strideA = extentA === 1 ? 0 : nextA;
    const strideB = extentB === 1 ? 0 : nextB;
    nextA *= extentA;
    nextB *= extentB;
    const inner = sizes.length - 1;
    if (inner >= 0 && strideA === ofA[inner]! * sizes[inner]! && strideB === ofB[inner]! * sizes[inner]!) {
      sizes[inner]! *= size;
    } else {
      sizes.push(size);
      ofA.push(strideA);
      ofB.push(strideB);
    }
  }
  if (sizes.length === 0) return walkArguments(op, { sizes: [1], strides: [[1], [1]] });
  checkAxes(op, sizes.length);
  const axes = Math.max(2, sizes.length);
  const result = new Array<number>(1 + 3 * MAX_AXES).fill(0).fill(1, 1, 1 + MAX_AXES);
  result[0] = axes;
  for (let inner = 0; inner < sizes.length; inner++) {
    const at = axes - inner;
    result[at] = sizes[inner]!;
    result[at + MAX_AXES] = ofA[inner]!;
    result[at + 2 * MAX_AXES] = ofB[inner]!;
  }
  return result;
}

function checkAxes(op: string, count: number): void {
  if (count <= MAX_AXES) return;
  throw new ShapeError(
    `${op}/axes`,
    `${op}: ${count} axes that cannot be merged; at most ${MAX_AXES} are possible`,
  );
}

/** `numbers` with zeros (or `filler`) behind them, MAX_AXES long. */
function padded(numbers: readonly number[], filler: number): number[] {
  return [...numbers, ...new Array<number>(MAX_AXES - numbers.length).fill(filler)];
}

/**
 * Arguments of a kernel that walks: number of axes (at least 2), sizes, then each operand's strides, MAX_AXES places
 * each. Throws ShapeError if there are more axes than a kernel can walk.
 */
export function walkArguments(op: string, { sizes, strides }: Walk): number[] {
  checkAxes(op, sizes.length);
  const missing = Math.max(0, 2 - sizes.length);
  const ones = new Array<number>(missing).fill(1);
  const zeros = new Array<number>(missing).fill(0);
  return [
    sizes.length + missing,
    ...padded([...ones, ...sizes], 1),
    ...strides.flatMap((own) => padded([...zeros, ...own], 0)),
  ];
}
