/** Convolutions whose groups have one input channel each. */
import type { OpAttributes } from '../ops.ts';
import type { Convolution } from './convgeometry.ts';
import { type Gpu, grid, groups, type View } from './kernel.ts';
import { addUp, skips, splitFor } from './splits.ts';

/** The convolution, or its input gradient, in one dispatch. Inputs: x, weight, bias or something in its place. */
export function depthwise(
  gpu: Gpu,
  c: Convolution,
  inputs: readonly View[],
  y: View,
  hasBias: boolean,
  relu: boolean,
): void {
  const [outHeight, outWidth] = c.outSize;
  const channels = c.groups * c.groupOut;
  const bands = groups(outHeight, 4);
  const invocations = c.n * channels * bands * outWidth;
  gpu.dispatch({
    shader: 'depthwise',
    constants: {
      KERNEL_H: c.kernel[0],
      KERNEL_W: c.kernel[1],
      DIVISOR_H: c.divisor[0],
      DIVISOR_W: c.divisor[1],
      TRANSPOSED: c.transposed ? 1 : 0,
    },
    inputs,
    outputs: [y],
    integers: [
      invocations,
      bands,
      ...c.inSize,
      outHeight,
      outWidth,
      channels,
      c.transposed ? c.groupIn : c.groupOut,
      ...c.step,
      ...c.tapStep,
      ...c.offset,
      hasBias ? 1 : 0,
      relu ? 1 : 0,
    ],
    workgroups: grid(invocations, 256),
  });
}

/** The weight's gradient: one dispatch where the pixels are few, else two. */
export function depthwiseWeight(
  gpu: Gpu,
  x: View,
  dy: View,
  dweight: View,
  a: OpAttributes['conv2dWeightGrad'],
): void {
  const [n, channels, outHeight, outWidth] = dy.shape as [number, number, number, number];
  const [kH, kW] = a.kernel;
  const pixels = n * outHeight * outWidth;
  const parts = groups(kH * kW, 9);
  const split = splitFor(gpu, dweight, pixels, 256, channels * parts, 256);
  const [width, height] = grid(split.count, 1);
  gpu.dispatch({
    shader: 'depthwise-weight',
    constants: { KERNEL_H: kH, KERNEL_W: kW },
    inputs: [x, dy],
    outputs: [split.sums],
    integers: [
      pixels,
      split.pieces,
      split.count,
      x.shape[2]!,
      x.shape[3]!,
      outHeight,
      outWidth,
      channels,
      channels / a.groups,
      parts,
      ...a.stride,
      ...a.dilation,
      a.padding[0],
      a.padding[2],
      split.stride,
      ...skips(256, outWidth, outHeight),
    ],
    workgroups: [width, height, channels * parts],
  });
  addUp(gpu, split, dweight);
}
