import { noGrad, scope, type Tensor } from '../tensor/index.ts';
import { BatchNorm, type BatchNormOptions } from './batchnorm.ts';
import { Conv2d, type Conv2dConfig } from './conv2d.ts';
import type { Initialiser } from './init.ts';
import { type Context, Layer } from './layer.ts';

/** Convolution → batch normalisation → ReLU. At inference the normalisation is folded into the convolution. */
export class ConvNorm extends Layer {
  private readonly conv: Conv2d;
  private readonly norm: BatchNorm;
  private readonly relu: boolean;
  private folded: {
    readonly from: readonly Tensor[];
    readonly weight: Tensor;
    readonly bias: Tensor;
  } | null = null;

  constructor(
    config: Omit<Conv2dConfig, 'bias'>,
    init: Initialiser,
    options: BatchNormOptions & { readonly relu?: boolean } = {},
  ) {
    super();
    this.relu = options.relu ?? true;
    this.conv = this.children.conv = new Conv2d({ ...config, bias: false }, init);
    this.norm = this.children.norm = new BatchNorm(config.outChannels, init, { ...options, relu: this.relu });
  }

  forward(x: Tensor, context: Context): Tensor {
    if (context.training) return this.norm.forward(this.conv.forward(x), context);
    const { weight, bias } = this.fold();
    const y = x.conv2d(weight, { ...this.conv.config, bias });
    return this.relu ? y.relu() : y;
  }

  /** w·γ/σ and β − μ·γ/σ, computed once for each set of values. */
  private fold() {
    const from = [...this.variables().values()].map((variable) => variable.value);
    if (this.folded?.from.every((value, i) => value === from[i])) return this.folded;
    this.forget();
    const [weight, bias] = noGrad(() =>
      scope(() => {
        const { scale, shift } = this.norm.asScaleAndShift();
        return [this.conv.weight.value.mul(scale.reshape([-1, 1, 1, 1])), shift] as const;
      }),
    );
    this.folded = { from, weight: weight.keep(), bias: bias.keep() };
    return this.folded;
  }

  private forget(): void {
    this.folded?.weight.dispose();
    this.folded?.bias.dispose();
    this.folded = null;
  }

  override dispose(): void {
    this.forget();
    super.dispose();
  }
}
