/** The forward pass of a 3×3 convolution, from naive to fast. */
import { grid, groups, sizeOf, type View, type WebgpuKernel } from '../../../src/kernels/webgpu/kernel.ts';
import naive from './conv2d-1-naive.wgsl';
import shared from './conv2d-2-shared.wgsl';
import gemm from './conv2d-3-gemm.wgsl';
import { type Problem, type Step, type Steps, step } from './step.ts';

function sizesOf(x: View, weight: View, y: View) {
  const [, inChannels, height, width] = x.shape as [number, number, number, number];
  const [images, outChannels, outHeight, outWidth] = y.shape as [number, number, number, number];
  const [kernelHeight, kernelWidth] = weight.shape.slice(2) as [number, number];
  return { images, inChannels, outChannels, height, width, outHeight, outWidth, kernelHeight, kernelWidth };
}

const naiveKernel: WebgpuKernel<'conv2d'> = (gpu, [x, weight], [y], { padding }) => {
  const s = sizesOf(x!, weight!, y!);
  const outputs = sizeOf(y!.shape);
  gpu.dispatch({
    shader: step('conv2d-1'),
    inputs: [x!, weight!],
    outputs: [y!],
    integers: [
      ...[outputs, s.inChannels, s.outChannels, s.height, s.width, s.outHeight, s.outWidth],
      ...[s.kernelHeight, s.kernelWidth, padding[0], padding[2]],
    ],
    workgroups: grid(outputs, 256),
  });
};

const sharedKernel: WebgpuKernel<'conv2d'> = (gpu, [x, weight], [y]) => {
  const s = sizesOf(x!, weight!, y!);
  gpu.dispatch({
    shader: step('conv2d-2'),
    inputs: [x!, weight!],
    outputs: [y!],
    integers: [s.inChannels, s.outChannels, s.height, s.width],
    workgroups: [groups(s.width, 16), groups(s.height, 16), s.images * s.outChannels],
  });
};

const gemmKernel: WebgpuKernel<'conv2d'> = (gpu, [x, weight], [y], { padding }) => {
  const s = sizesOf(x!, weight!, y!);
  const pixels = s.images * s.outHeight * s.outWidth;
  gpu.dispatch({
    shader: step('conv2d-3'),
    inputs: [x!, weight!],
    outputs: [y!],
    integers: [
      ...[pixels, s.inChannels * s.kernelHeight * s.kernelWidth, s.inChannels, s.outChannels],
      ...[s.height, s.width, s.outHeight, s.outWidth, s.kernelHeight, s.kernelWidth, padding[0], padding[2]],
    ],
    workgroups: [groups(pixels, 64), groups(s.outChannels, 32), 1],
  });
};

function stepOf(
  number: number,
  name: string,
  source: string,
  kernel: WebgpuKernel<'conv2d'>,
): Step<'conv2d'> {
  return { name: `${number} ${name}`, sources: { [step(`conv2d-${number}`)]: source }, kernel };
}

function convolution(n: number, c: number, o: number, h: number, w: number): Problem<'conv2d'> {
  return {
    inputs: [
      [n, c, h, w],
      [o, c, 3, 3],
    ],
    output: [n, o, h, w],
    attributes: { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1], groups: 1, relu: false },
  };
}

export const convolutions: Steps<'conv2d'> = {
  op: 'conv2d',
  title: 'Convolution forward, step by step',
  steps: [
    stepOf(1, 'naive: an output an invocation', naive, naiveKernel),
    stepOf(2, 'pixels in workgroup memory', shared, sharedKernel),
    stepOf(3, 'implicit GEMM, 2×4 outputs in registers', gemm, gemmKernel),
    { name: 'as it ships: src/kernels/webgpu/wgsl/conv2d-3x3.wgsl', sources: {}, kernel: null },
  ],
  checked: [convolution(2, 5, 7, 9, 19), convolution(3, 16, 33, 8, 20)],
  // The second layer of pcg-lite at a batch of 128.
  timed: convolution(128, 16, 32, 32, 100),
};
