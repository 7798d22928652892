import type { Shape } from './backend.ts';
import type { Conv2dAttributes, Pair } from './ops.ts';

/** Height and width of what a convolution gives, before any pooling. Its windows fit: the shape rule has checked them. */
export function convolvedSize(x: Shape, weight: Shape, attributes: Conv2dAttributes): Pair {
  const { stride, padding, dilation } = attributes;
  const along = (axis: 0 | 1) => {
    const padded = x[2 + axis]! + padding[2 * axis]! + padding[2 * axis + 1]!;
    return Math.floor((padded - dilation[axis] * (weight[2 + axis]! - 1) - 1) / stride[axis]) + 1;
  };
  return [along(0), along(1)];
}
