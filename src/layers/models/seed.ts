import type { Tensor } from '../../tensor/index.ts';
import { SelfAttention } from '../attention.ts';
import { ConvNorm } from '../convnorm.ts';
import { Dense } from '../dense.ts';
import { Dropout } from '../dropout.ts';
import type { Initialiser } from '../init.ts';
import type { Context } from '../layer.ts';
import { Model, type ModelConfig } from './model.ts';

const WIDTH = 64;

/**
 * The baseline: Conv2D → BatchNorm → ReLU → Dropout, twice; self-attention over time; Flatten → Dense → Softmax
 * (applied by `probabilities`). A 2×2 max-pooling follows each ReLU, and a dense layer brings the channels and
 * bands of each frame to a width of 64 for the attention.
 */
export class Seed extends Model {
  private readonly block1: ConvNorm;
  private readonly drop1: Dropout;
  private readonly block2: ConvNorm;
  private readonly drop2: Dropout;
  private readonly project: Dense;
  private readonly attention: SelfAttention;
  private readonly head: Dense;

  constructor(config: ModelConfig, init: Initialiser) {
    super(config);
    const bands = Math.floor(Math.floor(config.bands / 2) / 2);
    const frames = Math.floor(Math.floor(config.frames / 2) / 2);
    this.block1 = this.children.block1 = new ConvNorm(
      { inChannels: 1, outChannels: 16, kernel: [3, 3], padding: 1 },
      init,
    );
    this.drop1 = this.children.drop1 = new Dropout(0.25, init);
    this.block2 = this.children.block2 = new ConvNorm(
      { inChannels: 16, outChannels: 32, kernel: [3, 3], padding: 1 },
      init,
    );
    this.drop2 = this.children.drop2 = new Dropout(0.25, init);
    this.project = this.children.project = new Dense(32 * bands, WIDTH, init);
    this.attention = this.children.attention = new SelfAttention(WIDTH, 1, init);
    this.head = this.children.head = new Dense(frames * WIDTH, config.classes, init);
  }

  forward(x: Tensor, context: Context): Tensor {
    const first = this.drop1.forward(this.block1.forward(x, context).maxPool2d(2), context);
    const second = this.drop2.forward(this.block2.forward(first, context).maxPool2d(2), context);
    const [n, c, h, w] = second.shape as [number, number, number, number];
    const frames = second.reshape([n, c * h, w]).transpose();
    return this.head.forward(this.attention.forward(this.project.forward(frames), context).flatten());
  }
}
