import { apply } from '../tensor/apply.ts';
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
    const { squeeze, excite } = this;
    const weights = [squeeze.weight, squeeze.bias, excite.weight, excite.bias].map(({ value }) => value);
    const [y, gate] = apply('squeezeExcitation', [x, ...weights], {});
    context.observe?.(this, 'gate', gate!);
    return y!;
  }
}
