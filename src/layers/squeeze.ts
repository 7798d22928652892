import type { Tensor } from '../tensor/index.ts';
import { Dense } from './dense.ts';
import type { Initialiser } from './init.ts';
import { type Context, Layer } from './layer.ts';

/** Squeeze-and-excitation (Hu et al. 2018): scales each channel of [N, C, H, W] by a gate seen from all of them. */
export class SqueezeExcitation extends Layer {
  private readonly squeeze: Dense;
  private readonly excite: Dense;

  constructor(channels: number, hidden: number, init: Initialiser) {
    super();
    this.squeeze = this.children.squeeze = new Dense(channels, hidden, init);
    this.excite = this.children.excite = new Dense(hidden, channels, init);
  }

  forward(x: Tensor, context: Context): Tensor {
    const [n, c] = [x.shape[0]!, x.shape[1]!];
    const gate = this.excite.forward(this.squeeze.forward(x.mean([2, 3])).relu()).sigmoid();
    context.observe?.(this, 'gate', gate);
    return x.mul(gate.reshape([n, c, 1, 1]));
  }
}
