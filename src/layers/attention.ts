import { ShapeError } from '../base/errors.ts';
import { apply } from '../tensor/apply.ts';
import type { Tensor } from '../tensor/index.ts';
import { Dense } from './dense.ts';
import type { Initialiser } from './init.ts';
import { type Context, Layer, type Variable } from './layer.ts';

/**
 * Self-attention over tokens [N, T, D] → [N, T, D] with one or many heads (Vaswani et al. 2017, section 3.2).
 * The weights [N, heads, T, T] are given to `context.observe` as `weights`.
 */
export class SelfAttention extends Layer {
  private readonly heads: number;
  private readonly query: Dense;
  private readonly key: Dense;
  private readonly value: Dense;
  private readonly output: Dense;

  constructor(width: number, heads: number, init: Initialiser) {
    super();
    if (width % heads !== 0)
      throw new ShapeError('layer/heads', `SelfAttention: ${heads} heads do not divide a width of ${width}`);
    this.heads = heads;
    this.query = this.children.query = new Dense(width, width, init);
    this.key = this.children.key = new Dense(width, width, init);
    this.value = this.children.value = new Dense(width, width, init);
    this.output = this.children.output = new Dense(width, width, init);
  }

  forward(x: Tensor, context: Context): Tensor {
    const [n, t, d] = [x.shape[0]!, x.shape[1]!, x.shape[2]!];
    const width = d / this.heads;
    // [N, T, D] → [N·heads, T, D/heads]
    const split = (y: Tensor): Tensor => {
      if (this.heads === 1) return y;
      return y
        .reshape([n, t, this.heads, width])
        .permute([0, 2, 1, 3])
        .reshape([n * this.heads, t, width]);
    };
    const [q, k, v] = [
      split(this.query.forward(x)),
      split(this.key.forward(x)),
      split(this.value.forward(x)),
    ];
    const scale = 1 / Math.sqrt(width);
    if (context.observe) {
      const weights = q.matmul(k, { transposeB: true }).affine(scale, 0).softmax();
      context.observe(this, 'weights', weights.reshape([n, this.heads, t, t]));
    }
    const y = q.attention(k, v, scale);
    const joined =
      this.heads === 1 ? y : y.reshape([n, this.heads, t, width]).permute([0, 2, 1, 3]).reshape([n, t, d]);
    return this.output.forward(joined);
  }
}

export interface AttentionPoolConfig {
  /** `time`: one weight a frame, over features channels × bands; `time-frequency`: one a frame and band, over channels. */
  readonly over: 'time' | 'time-frequency';
  /** Features a position has: C·H over time, C over time × frequency. */
  readonly features: number;
  /** Each head looks with weights of its own; the results stand side by side. */
  readonly heads?: number;
  /** Width of a tanh layer before the scores (Ilse, Tomczak & Welling 2018, eq. 8); none where missing. */
  readonly hidden?: number;
}

/**
 * Attention pooling: [N, C, H, W] → [N, features·heads], the mean over positions under weights that a learned
 * score and a softmax over positions give. The weights, [N, heads, W] or [N, heads, H, W], are given to
 * `context.observe` as `weights`: they sum to 1 and say where the model looked.
 */
export class AttentionPool extends Layer {
  private readonly config: AttentionPoolConfig;
  private readonly hidden: Variable | null;
  private readonly hiddenBias: Variable | null;
  private readonly score: Variable;
  private readonly scoreBias: Variable;

  constructor(config: AttentionPoolConfig, init: Initialiser) {
    super();
    this.config = config;
    const { features, heads = 1, hidden } = config;
    const width = hidden ?? features;
    this.hidden = hidden
      ? (this.own.hidden_weight = init.glorot([hidden, features], features, hidden))
      : null;
    this.hiddenBias = hidden ? (this.own.hidden_bias = init.constant([hidden, 1], 0)) : null;
    this.score = this.own.weight = init.glorot([heads, width], width, heads);
    this.scoreBias = this.own.bias = init.constant([heads, 1], 0);
  }

  forward(x: Tensor, context: Context): Tensor {
    const [n, c, h, w] = x.shape as [number, number, number, number];
    const { over, features, heads = 1 } = this.config;
    const found = over === 'time' ? c * h : c;
    if (found !== features) {
      throw new ShapeError(
        'layer/attention-pool',
        `AttentionPool: ${over} positions of [${x.shape.join(',')}] have ${found} features, expected ${features}`,
      );
    }
    // Features first: [N, F, positions], which is how [N, C, H, W] lies in memory already.
    const positions = x.reshape(over === 'time' ? [n, features, w] : [n, features, h * w]);
    const layer = this.hidden ? [this.hidden, this.hiddenBias!] : [];
    const parameters = [...layer, this.score, this.scoreBias].map(({ value }) => value);
    const [pooled, weights] = apply('attentionPool', [positions, ...parameters], {});
    context.observe?.(this, 'weights', over === 'time' ? weights! : weights!.reshape([n, heads, h, w]));
    return pooled!;
  }
}
