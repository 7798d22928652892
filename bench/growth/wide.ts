import type { Backend, Tensor } from 'pcg-engine';
import {
  AttentionPool,
  type Context,
  ConvNorm,
  Dense,
  Dropout,
  Initialiser,
  Model,
  SqueezeExcitation,
} from 'pcg-engine/layers';
import { BANDS, FRAMES } from '../network.ts';

const CHANNELS = [16, 32, 48, 64];
const HEADS = 4;

/** pcg-lite with `width` times as many channels (and hidden units of its attention); of width 1 it is pcg-lite itself. */
export class WidePcgLite extends Model {
  private readonly blocks: readonly ConvNorm[];
  private readonly gates: readonly (SqueezeExcitation | null)[];
  private readonly drops: readonly Dropout[];
  private readonly pool: AttentionPool;
  private readonly headDrop: Dropout;
  private readonly head: Dense;

  constructor(width: number, backend: Backend) {
    super({ name: `pcg-lite ×${width}`, bands: BANDS, frames: FRAMES, classes: 2 });
    const init = new Initialiser(1, backend);
    const channels = CHANNELS.map((count) => count * width);
    this.blocks = channels.map((outChannels, i) => {
      const inChannels = channels[i - 1] ?? 1;
      const block = new ConvNorm({ inChannels, outChannels, kernel: [3, 3], padding: 1 }, init);
      this.children[`block${i + 1}`] = block;
      return block;
    });
    this.gates = channels.map((count, i) => {
      if (i < 2) return null;
      const gate = new SqueezeExcitation(count, count / 4, init);
      this.children[`gate${i + 1}`] = gate;
      return gate;
    });
    this.drops = channels.map(() => new Dropout(0.1, init, { perChannel: true }));
    const features = channels.at(-1)!;
    this.pool = this.children.pool = new AttentionPool(
      { over: 'time-frequency', features, heads: HEADS, hidden: 32 * width },
      init,
    );
    this.headDrop = new Dropout(0.3, init);
    this.head = this.children.head = new Dense(features * HEADS, 2, init);
  }

  forward(x: Tensor, context: Context): Tensor {
    let y = x;
    for (const [i, block] of this.blocks.entries()) {
      const [gate, drop] = [this.gates[i], this.drops[i]!];
      const pool = i < this.blocks.length - 1 ? 2 : 1;
      if (!gate) y = block.forwardBlock(y, context, pool, drop);
      else {
        y = gate.forward(block.forward(y, context), context);
        y = drop.forward(pool > 1 ? y.maxPool2d(pool) : y, context);
      }
    }
    return this.head.forward(this.headDrop.forward(this.pool.forward(y, context), context));
  }
}
