import { ShapeError } from '../base/errors.ts';
import type { OpAttributes, Padding, Pair, PoolAttributes } from '../kernels/ops.ts';
import type { Shape } from './shape.ts';

export interface Conv2dOptions {
  readonly stride?: number | Pair;
  /** Zeros around: the same everywhere, [height, width], [top, bottom, left, right], or `same`: ⌈input/stride⌉ outputs. */
  readonly padding?: number | Pair | Padding | 'same';
  readonly dilation?: number | Pair;
  /** Channels are cut into this many groups that do not see each other; = channels is depthwise. */
  readonly groups?: number;
  /** max(0, ·) of the result, in the same kernel. */
  readonly relu?: boolean;
  /** The maximum of windows of this size side by side, after that: the same as `maxPool2d` of the result. */
  readonly pool?: number | Pair;
}

export interface PoolOptions {
  /** The kernel's size where missing. */
  readonly stride?: number | Pair;
  readonly padding?: number | Pair | Padding;
}

export function pair(value: number | Pair): Pair {
  return typeof value === 'number' ? [value, value] : value;
}

function explicitPadding(value: number | Pair | Padding): Padding {
  if (typeof value === 'number') return [value, value, value, value];
  return value.length === 4 ? value : [value[0], value[0], value[1], value[1]];
}

/** `same` as TensorFlow defines it: the odd zero goes to the bottom and right. */
function samePadding(input: number, kernel: number, stride: number, dilation: number): [number, number] {
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + dilation * (kernel - 1) + 1 - input);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

export function resolveConv2d(input: Shape, weight: Shape, options: Conv2dOptions): OpAttributes['conv2d'] {
  const stride = pair(options.stride ?? 1);
  const dilation = pair(options.dilation ?? 1);
  const padding: Padding =
    options.padding === 'same'
      ? [
          ...samePadding(input[2] ?? 1, weight[2] ?? 1, stride[0], dilation[0]),
          ...samePadding(input[3] ?? 1, weight[3] ?? 1, stride[1], dilation[1]),
        ]
      : explicitPadding(options.padding ?? 0);
  const pool = pair(options.pool ?? 1);
  return {
    ...{ stride, padding, dilation, groups: options.groups ?? 1, relu: options.relu ?? false },
    ...(pool[0] === 1 && pool[1] === 1 ? {} : { pool }),
  };
}

export function resolvePool(kernel: number | Pair, options: PoolOptions): PoolAttributes {
  const size = pair(kernel);
  return {
    kernel: size,
    stride: pair(options.stride ?? size),
    padding: explicitPadding(options.padding ?? 0),
  };
}

/** Outputs along one axis of a convolution or pooling window. @throws ShapeError if the window does not fit once */
export function windowCount(
  op: string,
  axis: string,
  input: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation = 1,
): number {
  const check = (name: string, value: number, least: number) => {
    if (Number.isInteger(value) && value >= least) return;
    throw new ShapeError(
      'shape/window',
      `${op}: ${name} ${value} along ${axis} is not a whole number of at least ${least}`,
    );
  };
  check('stride', stride, 1);
  check('padding', padding, 0);
  check('dilation', dilation, 1);
  check('kernel', kernel, 1);
  const count = Math.floor((input + padding - dilation * (kernel - 1) - 1) / stride) + 1;
  if (count < 1) {
    throw new ShapeError(
      'shape/window',
      `${op}: a window of ${dilation * (kernel - 1) + 1} does not fit into ${input} + ${padding} padding along ${axis}`,
      'Use a smaller kernel, more padding, or a larger input',
    );
  }
  return count;
}
