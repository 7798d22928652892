/** Layers without variables. */
import type { PoolOptions, Tensor } from '../tensor/index.ts';
import { type Context, Layer } from './layer.ts';

type Pair = readonly [number, number];

export class ReLU extends Layer {
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/** Probabilities over the last axis. */
export class Softmax extends Layer {
  forward(x: Tensor): Tensor {
    return x.softmax();
  }
}

/** [N, …] → [N, the rest]. */
export class Flatten extends Layer {
  forward(x: Tensor): Tensor {
    return x.flatten();
  }
}

export class MaxPool2d extends Layer {
  private readonly kernel: number | Pair;
  private readonly options: PoolOptions;
  constructor(kernel: number | Pair, options: PoolOptions = {}) {
    super();
    this.kernel = kernel;
    this.options = options;
  }
  forward(x: Tensor): Tensor {
    return x.maxPool2d(this.kernel, this.options);
  }
}

export class AvgPool2d extends Layer {
  private readonly kernel: number | Pair;
  private readonly options: PoolOptions;
  constructor(kernel: number | Pair, options: PoolOptions = {}) {
    super();
    this.kernel = kernel;
    this.options = options;
  }
  forward(x: Tensor): Tensor {
    return x.avgPool2d(this.kernel, this.options);
  }
}

/** [N, C, H, W] → [N, C]: the mean of each channel. */
export class GlobalAvgPool extends Layer {
  forward(x: Tensor): Tensor {
    return x.mean(x.shape.map((_, axis) => axis).slice(2));
  }
}

/** Layers one after the other, named by their keys. */
export class Sequential extends Layer {
  constructor(layers: Readonly<Record<string, Layer>>) {
    super();
    Object.assign(this.children, layers);
  }
  forward(x: Tensor, context: Context): Tensor {
    return Object.values(this.children).reduce((value, layer) => layer.forward(value, context), x);
  }
}
