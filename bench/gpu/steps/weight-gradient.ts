/** The gradient of a 3×3 convolution with respect to its weight, from naive to fast. */
import { grid, groups, sizeOf, type View, type WebgpuKernel } from '../../../src/kernels/webgpu/kernel.ts';
import fold from './fold.wgsl';
import { type Problem, type Step, type Steps, step } from './step.ts';
import naive from './weight-gradient-1-naive.wgsl';
import workgroup from './weight-gradient-2-workgroup.wgsl';
import split from './weight-gradient-3-split.wgsl';

type Kernel = WebgpuKernel<'conv2dWeightGrad'>;
type Attributes = Parameters<Kernel>[3];

/** The fields that all steps share, in their order: from the channels on. */
function fieldsOf(x: View, dy: View, dw: View, { padding }: Attributes): number[] {
  const [, inChannels, height, width] = x.shape as [number, number, number, number];
  const [, outChannels, outHeight, outWidth] = dy.shape as [number, number, number, number];
  const kernel = dw.shape.slice(2);
  return [inChannels, outChannels, height, width, outHeight, outWidth, ...kernel, padding[0], padding[2]];
}

function pixelsOf({ shape }: View): number {
  return shape[0]! * shape[2]! * shape[3]!;
}

const naiveKernel: Kernel = (gpu, [x, dy], [dw], attributes) => {
  const weights = sizeOf(dw!.shape);
  gpu.dispatch({
    shader: step('weight-gradient-1'),
    inputs: [x!, dy!],
    outputs: [dw!],
    integers: [weights, x!.shape[0]!, ...fieldsOf(x!, dy!, dw!, attributes)],
    workgroups: [groups(weights, 64), 1, 1],
  });
};

const workgroupKernel: Kernel = (gpu, [x, dy], [dw], attributes) => {
  gpu.dispatch({
    shader: step('weight-gradient-2'),
    inputs: [x!, dy!],
    outputs: [dw!],
    integers: [pixelsOf(dy!), x!.shape[0]!, ...fieldsOf(x!, dy!, dw!, attributes)],
    workgroups: grid(sizeOf(dw!.shape), 1),
  });
};

const splitKernel: Kernel = (gpu, [x, dy], [dw], attributes) => {
  const pixels = pixelsOf(dy!);
  const channels = dw!.shape[0]!;
  const columns = sizeOf(dw!.shape.slice(1));
  const tiles = groups(columns, 64) * groups(channels, 32);
  const partPixels = 16 * groups(pixels, 16 * Math.max(1, Math.floor(512 / tiles)));
  const parts = groups(pixels, partPixels);
  const sums = gpu.temporary(parts * channels * columns);
  gpu.dispatch({
    shader: step('weight-gradient-3'),
    inputs: [x!, dy!],
    outputs: [sums],
    integers: [pixels, partPixels, columns, ...fieldsOf(x!, dy!, dw!, attributes)],
    workgroups: [groups(columns, 64), groups(channels, 32), parts],
  });
  gpu.dispatch({
    shader: step('weight-gradient-fold'),
    inputs: [sums],
    outputs: [dw!],
    integers: [channels * columns, parts],
    workgroups: [groups(channels * columns, 64), 1, 1],
  });
};

function stepOf(number: number, name: string, source: string, kernel: Kernel): Step<'conv2dWeightGrad'> {
  const sources = { [step(`weight-gradient-${number}`)]: source, [step('weight-gradient-fold')]: fold };
  return { name: `${number} ${name}`, sources, kernel };
}

function gradient(n: number, c: number, o: number, h: number, w: number): Problem<'conv2dWeightGrad'> {
  return {
    inputs: [
      [n, c, h, w],
      [n, o, h, w],
    ],
    output: [o, c, 3, 3],
    attributes: { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1], groups: 1, kernel: [3, 3] },
  };
}

export const weightGradients: Steps<'conv2dWeightGrad'> = {
  op: 'conv2dWeightGrad',
  title: 'Weight gradient of a convolution, step by step',
  steps: [
    stepOf(1, 'naive: a weight an invocation', naive, naiveKernel),
    stepOf(2, 'a weight a workgroup', workgroup, workgroupKernel),
    stepOf(3, 'implicit GEMM, pixels split into parts', split, splitKernel),
    { name: 'as it ships: src/kernels/webgpu/wgsl/conv2d-weight-3x3.wgsl', sources: {}, kernel: null },
  ],
  checked: [gradient(2, 5, 7, 9, 19), gradient(3, 16, 33, 8, 20)],
  // The second layer of pcg-lite at a batch of 128.
  timed: gradient(128, 16, 32, 32, 100),
};
