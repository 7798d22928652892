import type { Shape } from '../backend.ts';
import type { Conv2dAttributes, Pair } from '../ops.ts';

/**
 * A convolution that makes y of x, or its input gradient, which makes x's gradient of y's and is described by the
 * same fields with `x` for what it reads and `y` for what it makes.
 */
export interface Convolution {
  readonly n: number;
  readonly groups: number;
  /** Channels within a group. */
  readonly groupIn: number;
  readonly groupOut: number;
  readonly inSize: Pair;
  readonly outSize: Pair;
  readonly kernel: Pair;
  /** Output (i, j) meets row (i·step + u·tapStep + offset) / divisor of x at tap u, where that is whole. */
  readonly step: Pair;
  readonly tapStep: Pair;
  readonly offset: Pair;
  readonly divisor: Pair;
  /** Distances in the weight. */
  readonly weightOut: number;
  readonly weightIn: number;
  readonly transposed: boolean;
}

/** The convolution itself. */
export function forward(x: Shape, weight: Shape, y: Shape, a: Conv2dAttributes): Convolution {
  const [outC, groupIn, kH, kW] = weight as [number, number, number, number];
  return {
    n: x[0]!,
    groups: a.groups,
    groupIn,
    groupOut: outC / a.groups,
    inSize: [x[2]!, x[3]!],
    outSize: [y[2]!, y[3]!],
    kernel: [kH, kW],
    step: a.stride,
    tapStep: a.dilation,
    offset: [-a.padding[0], -a.padding[2]],
    divisor: ONE,
    weightOut: groupIn * kH * kW,
    weightIn: kH * kW,
    transposed: false,
  };
}

/** Its gradient with respect to x: x and y change places, and so do the weight's channel axes. */
export function backward(dy: Shape, weight: Shape, dx: Shape, a: Conv2dAttributes): Convolution {
  const [outC, groupIn, kH, kW] = weight as [number, number, number, number];
  return {
    n: dy[0]!,
    groups: a.groups,
    groupIn: outC / a.groups,
    groupOut: groupIn,
    inSize: [dy[2]!, dy[3]!],
    outSize: [dx[2]!, dx[3]!],
    kernel: [kH, kW],
    step: ONE,
    tapStep: [-a.dilation[0], -a.dilation[1]],
    offset: [a.padding[0], a.padding[2]],
    divisor: a.stride,
    weightOut: kH * kW,
    weightIn: groupIn * kH * kW,
    transposed: true,
  };
}

/** Whether the kernels for 3×3 of stride 1 fit. */
export function is3x3([kH, kW]: Pair, { stride, dilation }: Conv2dAttributes): boolean {
  return kH === 3 && kW === 3 && stride[0] === 1 && stride[1] === 1 && dilation[0] === 1 && dilation[1] === 1;
}

/** The largest divisor of `count` that is at most `most`. */
export function largestDivisor(count: number, most: number): number {
  let divisor = Math.max(1, Math.min(count, Math.floor(most)));
  while (count % divisor !== 0) divisor--;
  return divisor;
}

const ONE: Pair = [1, 1];
