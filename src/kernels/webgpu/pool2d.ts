import type { PoolAttributes } from '../ops.ts';
import { type Gpu, grid, sizeOf, type View, type WebgpuKernel } from './kernel.ts';
import type { ShaderName } from './shaders.ts';

interface Pooling {
  readonly shader: ShaderName;
  readonly defines?: Readonly<Record<string, string | number>>;
  readonly inputs: readonly View[];
  readonly output: View;
  /** Has the size of the image. */
  readonly image: View;
  /** Has one value for each window. */
  readonly windows: View;
}

/** For any kernel, stride and padding: one invocation a value of the output. */
function pool(gpu: Gpu, { shader, defines, inputs, output, image, windows }: Pooling, a: PoolAttributes) {
  const count = sizeOf(output.shape);
  gpu.dispatch({
    shader,
    ...(defines ? { defines } : {}),
    constants: {
      KERNEL_HEIGHT: a.kernel[0],
      KERNEL_WIDTH: a.kernel[1],
      STRIDE_HEIGHT: a.stride[0],
      STRIDE_WIDTH: a.stride[1],
    },
    inputs,
    outputs: [output],
    integers: [
      count,
      image.shape[2]!,
      image.shape[3]!,
      windows.shape[2]!,
      windows.shape[3]!,
      a.padding[0],
      a.padding[2],
    ],
    workgroups: grid(count, 256),
  });
}

/** Whether windows are 2×2, side by side, without padding and without a column left over. */
function isHalving({ shape }: View, { kernel, stride, padding }: PoolAttributes): boolean {
  const two = kernel[0] === 2 && kernel[1] === 2 && stride[0] === 2 && stride[1] === 2;
  return two && shape[3]! % 2 === 0 && padding.every((size) => size === 0);
}

const maximumDefines = { GRADIENT: '', Y: 1, RESULT: 'best.value' };
const gatherDefines = {
  GRADIENT: '@group(0) @binding(1) var<storage, read> g: array<T1>;',
  Y: 2,
  RESULT: 'g[best.at]',
};

export const maxPool2d: WebgpuKernel<'maxPool2d'> = (gpu, [x], [y], attributes) => {
  if (!isHalving(x!, attributes)) {
    const defines = maximumDefines;
    pool(gpu, { shader: 'max-pool', defines, inputs: [x!], output: y!, image: x!, windows: y! }, attributes);
    return;
  }
  const windows = sizeOf(y!.shape);
  gpu.dispatch({
    shader: 'max-pool-2x2',
    inputs: [x!],
    outputs: [y!],
    integers: [windows, x!.shape[2]!, y!.shape[2]!, y!.shape[3]!],
    workgroups: grid(windows, 256),
  });
};

export const maxPool2dScatter: WebgpuKernel<'maxPool2dScatter'> = (gpu, inputs, [dx], attributes) => {
  const [x, dy] = inputs as [View, View];
  if (!isHalving(x, attributes)) {
    pool(gpu, { shader: 'max-pool-scatter', inputs, output: dx!, image: x, windows: dy }, attributes);
    return;
  }
  const [N, C, H] = x.shape as [number, number, number];
  const windows = N * C * Math.ceil(H / 2) * dy.shape[3]!;
  gpu.dispatch({
    shader: 'max-pool-2x2-scatter',
    inputs,
    outputs: [dx!],
    integers: [windows, H, dy.shape[2]!, dy.shape[3]!],
    workgroups: grid(windows, 256),
  });
};

export const maxPool2dGather: WebgpuKernel<'maxPool2dGather'> = (gpu, inputs, [y], attributes) => {
  const defines = gatherDefines;
  pool(gpu, { shader: 'max-pool', defines, inputs, output: y!, image: inputs[0]!, windows: y! }, attributes);
};

export const avgPool2d: WebgpuKernel<'avgPool2d'> = (gpu, [x], [y], attributes) => {
  pool(gpu, { shader: 'avg-pool', inputs: [x!], output: y!, image: x!, windows: y! }, attributes);
};

export const avgPool2dBackward: WebgpuKernel<'avgPool2dBackward'> = (gpu, [dy], [dx], attributes) => {
  pool(
    gpu,
    { shader: 'avg-pool-backward', inputs: [dy!], output: dx!, image: dx!, windows: dy! },
    attributes,
  );
};
