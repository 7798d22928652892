import type { Tensor } from '../../tensor/index.ts';
import { AttentionPool } from '../attention.ts';
import { ConvNorm } from '../convnorm.ts';
import { Dense } from '../dense.ts';
import { Dropout } from '../dropout.ts';
import type { Initialiser } from '../init.ts';
import type { Context } from '../layer.ts';
import { Model, type ModelConfig } from './model.ts';

/**
 * The network of the benchmarks, small enough to write in any framework: conv 3×3 16 and 32, each with
 * batchnorm, ReLU, 2×2 max-pooling and dropout; attention pooling over time; dense. 6,435 parameters for 64
 * bands and two classes.
 */
export class ReferenceStep extends Model {
  private readonly block1: ConvNorm;
  private readonly drop1: Dropout;
  private readonly block2: ConvNorm;
  private readonly drop2: Dropout;
  private readonly pool: AttentionPool;
  private readonly head: Dense;

  constructor(config: ModelConfig, init: Initialiser, dropout = 0.25) {
    super(config);
    const features = 32 * Math.floor(Math.floor(config.bands / 2) / 2);
    this.block1 = this.children.block1 = new ConvNorm(
      { inChannels: 1, outChannels: 16, kernel: [3, 3], padding: 1, bias: true },
      init,
    );
    this.drop1 = this.children.drop1 = new Dropout(dropout, init);
    this.block2 = this.children.block2 = new ConvNorm(
      { inChannels: 16, outChannels: 32, kernel: [3, 3], padding: 1, bias: true },
      init,
    );
    this.drop2 = this.children.drop2 = new Dropout(dropout, init);
    this.pool = this.children.pool = new AttentionPool({ over: 'time', features }, init);
    this.head = this.children.head = new Dense(features, config.classes, init);
  }

  forward(x: Tensor, context: Context): Tensor {
    const first = this.block1.forwardBlock(x, context, 2, this.drop1);
    const second = this.block2.forwardBlock(first, context, 2, this.drop2);
    return this.head.forward(this.pool.forward(second, context));
  }
}
