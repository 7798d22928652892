import type { Tensor } from '../../tensor/index.ts';
import { AttentionPool } from '../attention.ts';
import { ConvNorm } from '../convnorm.ts';
import { Dense } from '../dense.ts';
import { Dropout } from '../dropout.ts';
import type { Initialiser } from '../init.ts';
import type { Context } from '../layer.ts';
import { SqueezeExcitation } from '../squeeze.ts';
import { Model, type ModelConfig } from './model.ts';

const CHANNELS = [16, 32, 48, 64] as const;
const HEADS = 4;

/**
 * The default model: four 3×3 convolutions with batchnorm and ReLU, the first three followed by 2×2
 * max-pooling, the last two by squeeze-and-excitation; attention pooling over time × frequency with four
 * heads; dropout; dense. About 52 thousand parameters.
 */
export class PcgLite extends Model {
  private readonly blocks: ConvNorm[];
  private readonly gates: (SqueezeExcitation | null)[];
  private readonly drops: Dropout[];
  private readonly pool: AttentionPool;
  private readonly headDrop: Dropout;
  private readonly head: Dense;

  constructor(config: ModelConfig, init: Initialiser) {
    super(config);
    this.blocks = CHANNELS.map((outChannels, i) => {
      const inChannels = CHANNELS[i - 1] ?? 1;
      const block = new ConvNorm({ inChannels, outChannels, kernel: [3, 3], padding: 1 }, init);
      this.children[`block${i + 1}`] = block;
      return block;
    });
    this.gates = CHANNELS.map((channels, i) => {
      if (i < 2) return null;
      const gate = new SqueezeExcitation(channels, channels / 4, init);
      this.children[`gate${i + 1}`] = gate;
      return gate;
    });
    this.drops = CHANNELS.map(() => new Dropout(0.1, init, { perChannel: true }));
    const features = CHANNELS[CHANNELS.length - 1]!;
    this.pool = this.children.pool = new AttentionPool(
      { over: 'time-frequency', features, heads: HEADS, hidden: 32 },
      init,
    );
    this.headDrop = new Dropout(0.3, init);
    this.head = this.children.head = new Dense(features * HEADS, config.classes, init);
  }

  forward(x: Tensor, context: Context): Tensor {
    let y = x;
    this.blocks.forEach((block, i) => {
      const [gate, drop] = [this.gates[i], this.drops[i]!];
      const pool = i < this.blocks.length - 1 ? 2 : 1;
      if (!gate) {
        y = block.forwardBlock(y, context, pool, drop);
        return;
      }
      y = gate.forward(block.forward(y, context), context);
      y = drop.forward(pool > 1 ? y.maxPool2d(pool) : y, context);
    });
    return this.head.forward(this.headDrop.forward(this.pool.forward(y, context), context));
  }
}
