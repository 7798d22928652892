import { UsageError } from '../base/errors.ts';
import { noGrad, scope, type Tensor } from '../tensor/index.ts';
import { BatchNorm, type BatchNormOptions } from './batchnorm.ts';
import { Conv2d, type Conv2dConfig } from './conv2d.ts';
import type { Dropout } from './dropout.ts';
import type { Initialiser } from './init.ts';
import { type Context, Layer, type Variable } from './layer.ts';

/**
 * Convolution → batch normalisation → ReLU. At inference the normalisation is folded into the convolution. The
 * convolution has no bias unless asked for: the normalisation would take it out again.
 */
export class ConvNorm extends Layer {
  private readonly conv: Conv2d;
  private readonly norm: BatchNorm;
  private readonly relu: boolean;
  /** What the folded weights depend on. */
  private readonly all: readonly Variable[];
  private folded: {
    readonly from: readonly Tensor[];
    readonly weight: Tensor;
    readonly bias: Tensor;
  } | null = null;

  /**
   * @param config of the convolution; what comes after it belongs to the layer: `options.relu`, `forwardBlock`
   * @throws UsageError where the convolution itself would rectify or pool, before the normalisation
   */
  constructor(
    config: Omit<Conv2dConfig, 'relu' | 'pool'>,
    init: Initialiser,
    options: BatchNormOptions & { readonly relu?: boolean } = {},
  ) {
    super();
    if ('relu' in config || 'pool' in config)
      throw new UsageError(
        'layer/config',
        'ConvNorm: relu or pool among the options of its convolution',
        'Give relu in the third argument, and pool to forwardBlock',
      );
    this.relu = options.relu ?? true;
    this.conv = this.children.conv = new Conv2d({ ...config, bias: config.bias ?? false }, init);
    this.norm = this.children.norm = new BatchNorm(config.outChannels, init, { ...options, relu: this.relu });
    this.all = [...this.variables().values()];
  }

  forward(x: Tensor, context: Context): Tensor {
    if (context.training) return this.norm.forward(this.conv.forward(x), context);
    return this.infer(x, 1);
  }

  /**
   * The same with max-pooling and dropout after it: in training one op with the normalisation and the rectifier, at
   * inference pooled where the convolution is made.
   */
  forwardBlock(x: Tensor, context: Context, pool: number, dropout: Dropout): Tensor {
    if (context.training && this.relu)
      return this.norm.forwardBlock(this.conv.forward(x), context, pool, dropout);
    if (!context.training) return this.infer(x, pool);
    const y = this.forward(x, context);
    return dropout.forward(pool > 1 ? y.maxPool2d(pool) : y, context);
  }

  private infer(x: Tensor, pool: number): Tensor {
    const { weight, bias } = this.fold();
    return this.conv.apply(x, weight, bias, { relu: this.relu, pool });
  }

  /** w·γ/σ and (b − μ)·γ/σ + β, computed once for each set of values. */
  private fold() {
    const { folded } = this;
    if (folded && this.all.every((variable, i) => variable.value === folded.from[i])) return folded;
    this.forget();
    const [weight, bias] = noGrad(() =>
      scope(() => {
        const { scale, shift } = this.norm.asScaleAndShift();
        const bias = this.conv.bias ? this.conv.bias.value.mul(scale).add(shift) : shift;
        return [this.conv.weight.value.mul(scale.reshape([-1, 1, 1, 1])), bias] as const;
      }),
    );
    const from = this.all.map((variable) => variable.value);
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
