/** What runs between two steps, over all parameters at once. Nothing is read back: kernels themselves see NaN. */
import { pow } from '../../base/math.ts';
import { grid, groups, sizeOf, type WebgpuKernel } from './kernel.ts';
import { definesOfMany, mostTensors } from './many.ts';

/** Elements whose squares a workgroup sums; CHUNK in square-sum.wgsl counts vec4s. */
const CHUNK = 2048;

const squareSumDefines = definesOfMany(4, () => 'vec4f');

/** Partial sums of squares of as many gradients a dispatch as the device binds, then their sum and its root. */
export const globalNorm: WebgpuKernel<'globalNorm'> = (gpu, [loss, previous, ...gradients], [norm]) => {
  const most = mostTensors(gpu);
  let total = 0;
  for (const { shape } of gradients) total += groups(sizeOf(shape), CHUNK);
  const partials = gpu.temporary(total);
  let slot = 0;
  for (let from = 0; from < gradients.length; from += most) {
    const some = gradients.slice(from, from + most);
    // Arrays of the uniform begin at multiples of four fields.
    const integers = new Array<number>(36).fill(0);
    let chunks = 0;
    some.forEach(({ shape }, k) => {
      const count = sizeOf(shape);
      integers[4 + k] = chunks;
      integers[20 + k] = count;
      chunks += groups(count, CHUNK);
    });
    integers[0] = chunks;
    integers[1] = slot;
    gpu.dispatch({
      shader: 'square-sum',
      defines: squareSumDefines[some.length]!,
      inputs: some,
      outputs: [partials],
      integers,
      workgroups: grid(chunks, 1),
    });
    slot += chunks;
  }
  gpu.dispatch({
    shader: 'global-norm',
    inputs: [partials, loss!, previous!],
    outputs: [norm!],
    integers: [total],
    workgroups: [1, 1, 1],
  });
};

/** Unlike elsewhere, outputs must not share the buffers of their inputs. */
export const adamwStep: WebgpuKernel<'adamwStep'> = (gpu, inputs, outputs, attributes) => {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, clipNorm, decayed } = attributes;
  const [parameter, gradient, m, v, norm] = inputs;
  const vectors = groups(sizeOf(parameter!.shape), 4);
  gpu.dispatch({
    shader: 'adamw',
    inputs: [parameter!, gradient!, m!, v!, norm ?? gradient!],
    outputs,
    integers: [vectors, decayed, norm ? 1 : 0],
    floats: [
      beta1,
      1 - beta1,
      beta2,
      1 - beta2,
      1 - learningRate * weightDecay,
      learningRate / (1 - pow(beta1, step)),
      1 / (1 - pow(beta2, step)),
      epsilon,
      clipNorm,
      clipNorm > 0 ? 1 / clipNorm : 0,
    ],
    workgroups: grid(vectors, 256),
  });
};

/** Unlike elsewhere, outputs must not share the buffers of their inputs. */
export const sgdStep: WebgpuKernel<'sgdStep'> = (gpu, inputs, outputs, attributes) => {
  const { learningRate, momentum, weightDecay, nesterov } = attributes;
  const vectors = groups(sizeOf(inputs[0]!.shape), 4);
  gpu.dispatch({
    shader: 'sgd',
    inputs,
    outputs,
    integers: [vectors, nesterov ? 1 : 0],
    floats: [learningRate, momentum, weightDecay],
    workgroups: grid(vectors, 256),
  });
};

export const blend: WebgpuKernel<'blend'> = (gpu, [a, b, guard], outputs, { keep, take }) => {
  const vectors = groups(sizeOf(a!.shape), 4);
  gpu.dispatch({
    shader: 'blend',
    inputs: [a!, b!, guard ?? a!],
    outputs,
    integers: [vectors, guard ? 1 : 0],
    floats: [keep, take],
    workgroups: grid(vectors, 256),
  });
};
