import type { Shape } from '../backend.ts';
import type { BlockAttributes, PoolAttributes } from '../ops.ts';
import { batchNorm, batchNormBackward } from './batchnorm.ts';
import { dropout } from './dropout.ts';
import { countOf, type ReferenceKernel, type ReferenceOperand } from './kernel.ts';
import { maxPool2d, maxPool2dScatter } from './pool2d.ts';

function empty(shape: Shape): ReferenceOperand {
  return { data: new Float64Array(countOf(shape)), shape };
}

function windows({ pool }: BlockAttributes): PoolAttributes {
  return { kernel: pool, stride: pool, padding: [0, 0, 0, 0] };
}

/** What a block of a convolutional network does after the convolution: batchNorm, relu, maxPool2d, dropout. */
export const batchNormBlock: ReferenceKernel<'batchNormBlock'> = (
  [x, gamma, beta],
  [y, mean, variance],
  attributes,
) => {
  const active = empty(x.shape);
  const pooled = empty(y.shape);
  batchNorm([x, gamma, beta], [active, mean, variance], { epsilon: attributes.epsilon, relu: true });
  maxPool2d([active], [pooled], windows(attributes));
  dropout([pooled], [y], attributes.dropout);
};

/** The gradients of the four in reverse order, after the rectified normalisation has been computed once more. */
export const batchNormBlockBackward: ReferenceKernel<'batchNormBlockBackward'> = (
  [x, dy, gamma, beta, mean, variance],
  outputs,
  attributes,
) => {
  const { epsilon } = attributes;
  const [, C, H, W] = x.shape as [number, number, number, number];
  const active = empty(x.shape);
  for (let i = 0; i < active.data.length; i++) {
    const c = Math.floor(i / (H * W)) % C;
    const inverse = 1 / Math.sqrt(variance.data[c]! + epsilon);
    const value = gamma.data[c]! * ((x.data[i]! - mean.data[c]!) * inverse) + beta.data[c]!;
    active.data[i] = Math.max(0, value);
  }
  const kept = empty(dy.shape);
  const scattered = empty(x.shape);
  dropout([dy], [kept], attributes.dropout);
  maxPool2dScatter([active, kept], [scattered], windows(attributes));
  batchNormBackward([x, scattered, gamma, beta, mean, variance], outputs, { epsilon, relu: true });
};
