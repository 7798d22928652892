import { type CpuKernel, sizeOf, type View } from './kernel.ts';

/** [N, C, rest…] as images, channels, values a plane. */
function split(x: View): [number, number, number] {
  return [x.shape[0]!, x.shape[1]!, sizeOf(x.shape.slice(2))];
}

export const batchNorm: CpuKernel<'batchNorm'> = (machine, inputs, outputs, { epsilon, relu }) => {
  const [x, gamma, beta] = inputs.map((view) => view.address);
  const [y, mean, variance] = outputs.map((view) => view.address);
  const dimensions = split(inputs[0]!);
  machine.launch(
    'batchNorm',
    dimensions[1],
    [y!, mean!, variance!, x!, gamma!, beta!, ...dimensions, relu ? 1 : 0],
    [epsilon],
    { work: 3 * sizeOf(dimensions) },
  );
};

export const batchNormBackward: CpuKernel<'batchNormBackward'> = (
  machine,
  inputs,
  outputs,
  { epsilon, relu },
) => {
  const addresses = [...outputs, ...inputs].map((view) => view.address);
  const dimensions = split(inputs[0]!);
  machine.launch('batchNormBackward', dimensions[1], [...addresses, ...dimensions, relu ? 1 : 0], [epsilon], {
    work: 4 * sizeOf(dimensions),
  });
};
