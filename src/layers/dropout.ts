import type { OpAttributes, Tensor } from '../tensor/index.ts';
import type { Initialiser } from './init.ts';
import { type Context, Layer } from './layer.ts';

/** Dropout per unit, or per channel (Tompson et al. 2015), in training only. */
export class Dropout extends Layer {
  readonly p: number;
  private readonly perChannel: boolean;
  private readonly stream: number;

  constructor(p: number, init: Initialiser, options: { readonly perChannel?: boolean } = {}) {
    super();
    this.p = p;
    this.perChannel = options.perChannel ?? false;
    this.stream = init.nextStream();
  }

  forward(x: Tensor, context: Context): Tensor {
    return context.training && this.p > 0 ? x.dropout(this.attributes(context)) : x;
  }

  /** Which units a step drops. */
  attributes({ seed, step }: Context): OpAttributes['dropout'] {
    return { p: this.p, perChannel: this.perChannel, seed, stream: this.stream, step };
  }
}
