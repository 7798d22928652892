/** Matrix products, A [m, k] · B [k, n], from naive to fast. */
import { groups, type WebgpuKernel } from '../../../src/kernels/webgpu/kernel.ts';
import naive from './matmul-1-naive.wgsl';
import shared from './matmul-2-shared.wgsl';
import registers from './matmul-3-registers.wgsl';
import { type Problem, type Step, type Steps, step } from './step.ts';

/** Every step has the same interface; a workgroup computes `tile` × `tile` elements. */
function stepOf(number: number, name: string, source: string, tile: number): Step<'matmul'> {
  const shader = step(`matmul-${number}`);
  const kernel: WebgpuKernel<'matmul'> = (gpu, [a, b], [c]) => {
    const [m, k, n] = [a!.shape[0]!, a!.shape[1]!, b!.shape[1]!];
    gpu.dispatch({
      shader,
      inputs: [a!, b!],
      outputs: [c!],
      integers: [m, n, k],
      workgroups: [groups(n, tile), groups(m, tile), 1],
    });
  };
  return { name: `${number} ${name}`, sources: { [shader]: source }, kernel };
}

function product(m: number, k: number, n: number): Problem<'matmul'> {
  return {
    inputs: [
      [m, k],
      [k, n],
    ],
    output: [m, n],
    attributes: { transposeA: false, transposeB: false },
  };
}

export const matmuls: Steps<'matmul'> = {
  op: 'matmul',
  title: 'Matrix product, step by step',
  steps: [
    stepOf(1, 'naive: an element an invocation', naive, 16),
    stepOf(2, 'tiles in workgroup memory', shared, 16),
    stepOf(3, '4×4 elements in registers, vec4', registers, 64),
    { name: 'as it ships: src/kernels/webgpu/wgsl/matmul.wgsl', sources: {}, kernel: null },
  ],
  checked: [product(67, 35, 71), product(64, 64, 64)],
  timed: product(2048, 2048, 2048),
};
