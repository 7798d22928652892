import type { Tensor } from '../tensor/index.ts';
import type { Initialiser } from './init.ts';
import { type Context, Layer, type Variable } from './layer.ts';

/** Affine map of the last axis: [..., inputs] → [..., outputs]. The weight is [outputs, inputs], as PyTorch's. */
export class Dense extends Layer {
  readonly weight: Variable;
  readonly bias: Variable;

  constructor(inputs: number, outputs: number, init: Initialiser) {
    super();
    this.weight = this.own.weight = init.glorot([outputs, inputs], inputs, outputs);
    this.bias = this.own.bias = init.constant([outputs], 0);
  }

  forward(x: Tensor, _context?: Context): Tensor {
    const rows = x.reshape([-1, x.shape[x.rank - 1]!]);
    const y = rows.matmul(this.weight.value, { transposeB: true }).add(this.bias.value);
    return x.rank === 2 ? y : y.reshape([...x.shape.slice(0, -1), this.bias.shape[0]!]);
  }
}
