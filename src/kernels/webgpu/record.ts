import { groups, sizeOf, type WebgpuKernel } from './kernel.ts';

export const record: WebgpuKernel<'record'> = (gpu, inputs, outputs, { at }) => {
  const count = sizeOf(outputs[0]!.shape);
  gpu.dispatch({
    shader: 'record',
    inputs,
    outputs,
    integers: [count, at],
    workgroups: [groups(count, 64), 1, 1],
  });
};
