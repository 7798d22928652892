import type { Tensor } from '../../tensor/index.ts';
import { type Context, inference, Layer } from '../layer.ts';

/** What a model is built from: saved beside its weights. */
export interface ModelConfig {
  readonly name: string;
  /** Mel bands and frames of one input window. */
  readonly bands: number;
  readonly frames: number;
  readonly classes: number;
}

/** A classifier of log-mel windows: [N, 1, bands, frames] → logits [N, classes]. */
export abstract class Model extends Layer {
  readonly config: ModelConfig;
  constructor(config: ModelConfig) {
    super();
    this.config = config;
  }

  abstract override forward(x: Tensor, context: Context): Tensor;

  /** Class probabilities [N, classes], with running statistics and without dropout. */
  probabilities(x: Tensor, context: Context = inference): Tensor {
    return this.forward(x, context).softmax();
  }
}
