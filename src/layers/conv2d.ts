import type { Conv2dOptions, Tensor } from '../tensor/index.ts';
import type { Initialiser } from './init.ts';
import { type Context, Layer, type Variable } from './layer.ts';

export interface Conv2dConfig extends Conv2dOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Height, width. */
  readonly kernel: readonly [number, number];
  /** Off where a batchnorm follows, which would cancel it. */
  readonly bias?: boolean;
}

/** Convolution of [N, C, H, W] → [N, outC, H', W']. */
export class Conv2d extends Layer {
  readonly config: Conv2dConfig;
  private readonly options: Required<Conv2dOptions>;
  readonly weight: Variable;
  readonly bias: Variable | null;

  constructor(config: Conv2dConfig, init: Initialiser) {
    super();
    this.config = config;
    const { inChannels, outChannels, kernel, bias = true } = config;
    const { stride = 1, padding = 0, dilation = 1, groups = 1, relu = false, pool = 1 } = config;
    this.options = { stride, padding, dilation, groups, relu, pool };
    const fanIn = (inChannels / groups) * kernel[0] * kernel[1];
    this.weight = this.own.weight = init.he([outChannels, inChannels / groups, ...kernel], fanIn);
    this.bias = bias ? (this.own.bias = init.constant([outChannels], 0)) : null;
  }

  forward(x: Tensor, _context?: Context): Tensor {
    return this.apply(x, this.weight.value, this.bias?.value);
  }

  /** The same convolution with other values, perhaps with a rectifier and pooling behind it. */
  apply(x: Tensor, weight: Tensor, bias?: Tensor, after: Pick<Conv2dOptions, 'relu' | 'pool'> = {}): Tensor {
    const { stride, padding, dilation, groups, relu, pool } = this.options;
    const behind = { relu: after.relu ?? relu, pool: after.pool ?? pool };
    return x.conv2d(weight, { stride, padding, dilation, groups, ...behind, bias });
  }
}
