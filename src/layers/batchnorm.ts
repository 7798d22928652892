import { apply1 } from '../tensor/apply.ts';
import { noGrad, type Tensor } from '../tensor/index.ts';
import type { Dropout } from './dropout.ts';
import type { Initialiser } from './init.ts';
import { type Context, Layer, type Variable } from './layer.ts';

export interface BatchNormOptions {
  readonly epsilon?: number;
  /** Share of the new batch in the running statistics. */
  readonly momentum?: number;
}

/**
 * Batch normalisation over all axes but 1 (Ioffe & Szegedy 2015), optionally with the ReLU after it in the same
 * kernel. Training uses the batch's statistics and updates the running ones (variance unbiased, as PyTorch
 * does); inference uses the running ones.
 */
export class BatchNorm extends Layer {
  readonly gamma: Variable;
  readonly beta: Variable;
  readonly mean: Variable;
  readonly variance: Variable;
  readonly epsilon: number;
  private readonly momentum: number;
  private readonly relu: boolean;

  constructor(
    channels: number,
    init: Initialiser,
    options: BatchNormOptions & { readonly relu?: boolean } = {},
  ) {
    super();
    this.gamma = this.own.weight = init.constant([channels], 1);
    this.beta = this.own.bias = init.constant([channels], 0);
    this.mean = this.own.running_mean = init.constant([channels], 0, false);
    this.variance = this.own.running_var = init.constant([channels], 1, false);
    this.epsilon = options.epsilon ?? 1e-5;
    this.momentum = options.momentum ?? 0.1;
    this.relu = options.relu ?? false;
  }

  forward(x: Tensor, context: Context): Tensor {
    if (!context.training) {
      const { scale, shift } = this.asScaleAndShift();
      const perChannel = x.shape.map((extent, axis) => (axis === 1 ? extent : 1));
      const y = x.mul(scale.reshape(perChannel)).add(shift.reshape(perChannel));
      return this.relu ? y.relu() : y;
    }
    const { gamma, beta, epsilon, relu } = this;
    const [y, mean, variance] = x.batchNorm(gamma.value, beta.value, { epsilon, relu });
    this.follow(x, mean, variance, context);
    return y;
  }

  /** In training: normalisation, rectifier, max-pooling and dropout as one op. */
  forwardBlock(x: Tensor, context: Context, pool: number, dropout: Dropout): Tensor {
    const { gamma, beta, epsilon } = this;
    const options = { epsilon, pool, dropout: dropout.attributes(context) };
    const [y, mean, variance] = x.batchNormBlock(gamma.value, beta.value, options);
    this.follow(x, mean, variance, context);
    return y;
  }

  /** Moves the running statistics towards the batch's. */
  private follow(x: Tensor, mean: Tensor, variance: Tensor, { defer }: Context): void {
    const count = x.size / x.shape[1]!;
    const correction = count > 1 ? count / (count - 1) : 1;
    const keep = 1 - this.momentum;
    const follow = (running: Variable, batch: Tensor, take: number) => {
      // A handle of its own: backward frees the outputs of the op.
      if (defer) defer({ running, batch: batch.detach(), keep, take });
      else noGrad(() => running.assign(apply1('blend', [running.value, batch], { keep, take })));
    };
    follow(this.mean, mean, this.momentum);
    follow(this.variance, variance, this.momentum * correction);
  }

  /** The layer at inference as y = x·scale + shift, per channel: what folds into a convolution before it. */
  asScaleAndShift(): { readonly scale: Tensor; readonly shift: Tensor } {
    const scale = this.gamma.value.div(this.variance.value.add(this.epsilon).sqrt());
    return { scale, shift: this.beta.value.sub(this.mean.value.mul(scale)) };
  }
}
