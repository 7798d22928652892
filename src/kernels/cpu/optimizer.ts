import { pow } from '../../base/math.ts';
import { type CpuKernel, pieces, sizeOf } from './kernel.ts';

/** Elements a piece; CHUNK in wasm/optimizer.ts. */
const CHUNK = 16384;

/** Constants are computed in float64 and rounded to float32 once. Outputs may share the buffers of their inputs. */
export const adamwStep: CpuKernel<'adamwStep'> = (machine, inputs, outputs, attributes) => {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step } = attributes;
  const count = sizeOf(inputs[0]!.shape);
  const integers = [...inputs, ...outputs].map((view) => view.address);
  const floats = [
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 - learningRate * weightDecay,
    learningRate / (1 - pow(beta1, step)),
    1 / (1 - pow(beta2, step)),
    epsilon,
  ];
  machine.launch('adamwKernel', pieces(count, CHUNK), [...integers, count], floats, { work: 8 * count });
};

/** Outputs may share the buffers of their inputs. */
export const sgdStep: CpuKernel<'sgdStep'> = (machine, inputs, outputs, attributes) => {
  const { learningRate, momentum, weightDecay, nesterov } = attributes;
  const count = sizeOf(inputs[0]!.shape);
  const integers = [...[...inputs, ...outputs].map((view) => view.address), count, nesterov ? 1 : 0];
  const floats = [learningRate, momentum, weightDecay];
  machine.launch('sgdKernel', pieces(count, CHUNK), integers, floats, { work: 4 * count });
};
