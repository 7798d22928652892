/** Reading the walk that `walkArguments` in the host's strides.ts lays out, from argument `at` on. */
import { arg, argI } from './args';

const AXES: i32 = 8;

/** Number of axes, at least 2. */
// @ts-ignore: decorator
@inline
export function axesOf(args: usize, at: i32): i32 {
  return argI(args, at);
}

// @ts-ignore: decorator
@inline
export function sizeOf(args: usize, at: i32, axis: i32): usize {
  return arg(args, at + 1 + axis);
}

// @ts-ignore: decorator
@inline
export function strideOf(args: usize, at: i32, operand: i32, axis: i32): usize {
  return arg(args, at + 1 + AXES + operand * AXES + axis);
}

/** Offset in elements of the row-major index `flat` over the first `axes` axes. */
export function offsetOf(args: usize, at: i32, operand: i32, axes: i32, flat: usize): usize {
  if (flat == 0) return 0;
  // The usual case, without the divisions.
  if (flat < sizeOf(args, at, axes - 1)) return flat * strideOf(args, at, operand, axes - 1);
  let offset: usize = 0;
  for (let axis = axes - 1; axis >= 0; axis--) {
    const size = sizeOf(args, at, axis);
    const rest = flat / size;
    offset += (flat - rest * size) * strideOf(args, at, operand, axis);
    flat = rest;
  }
  return offset;
}
