import { crossEntropy, type Model } from '../layers/index.ts';
import { grad, scope, type Tensor, tensor } from '../tensor/index.ts';
import { pack, packing } from '../tensor/views.ts';
import type { TrainConfig } from './config.ts';
import { MovingAverage } from './ema.ts';
import { AdamW, globalNorm } from './optimizer.ts';

/** What a step learns from. */
export interface StepBatch {
  /** [size, 1, bands, frames]; a function makes them where they are needed, such as on the device. */
  readonly windows: Float32Array | (() => Tensor);
  /** [size, classes]. */
  readonly targets: ArrayLike<number>;
  readonly size: number;
}

/** Of one step: the mean loss of its batch and the norm of its gradient before clipping. */
export interface StepResult {
  readonly loss: number;
  readonly norm: number;
}

/**
 * Training steps that nobody waits for: loss and norm stay on the device until `settle` reads those of several steps
 * at once. A step that is not finite, and all after it, change nothing (see `globalNorm`).
 */
export class Stepper {
  readonly optimizer: AdamW;
  private readonly model: Model;
  private readonly moving: MovingAverage;
  private readonly config: Pick<
    TrainConfig,
    'seed' | 'labelSmoothing' | 'clipNorm' | 'emaDecay' | 'weightDecay'
  >;
  /** What has not been read yet: loss and norm of each step. */
  private readonly waiting: { readonly loss: Tensor; readonly norm: Tensor }[] = [];
  private previous: Tensor | null = null;

  /** @param average a second instance of the same model, which takes the averaged weights */
  constructor(
    model: Model,
    average: Model,
    config: Pick<TrainConfig, 'seed' | 'labelSmoothing' | 'clipNorm' | 'emaDecay' | 'weightDecay'>,
  ) {
    this.model = model;
    this.config = config;
    this.optimizer = new AdamW(model.parameters(), { weightDecay: config.weightDecay });
    this.moving = new MovingAverage(average, model);
  }

  /** Steps whose results have not been read. */
  get unread(): number {
    return this.waiting.length;
  }

  /** Sets the average to the model as it is. */
  startAverage(): void {
    if (this.config.emaDecay > 0) this.moving.update(0, 0);
  }

  /**
   * Runs one step. Resolves when the device can take the next.
   * @param step number of the step since the beginning of the training: with the seed it places every draw
   */
  async step(batch: StepBatch, step: number, learningRate: number): Promise<void> {
    const { model, config, optimizer } = this;
    const { seed, labelSmoothing, clipNorm, emaDecay } = config;
    const { bands, frames } = model.config;
    const parameters = [...model.parameters().values()].map(({ value }) => value);
    const backend = parameters[0]!.backend;
    scope(() => {
      const { windows, size } = batch;
      const x =
        windows instanceof Float32Array ? tensor(windows, [size, 1, bands, frames], { backend }) : windows();
      const updates: ((guard: Tensor) => void)[] = [];
      const defer = (update: (guard: Tensor) => void) => void updates.push(update);
      const logits = model.forward(x, { training: true, seed, step, defer });
      const loss = crossEntropy(logits, batch.targets, { labelSmoothing });
      const gradients = grad(loss, parameters);
      const norm = globalNorm(gradients, loss, this.previous ?? loss);
      for (const update of updates) update(norm);
      optimizer.step(gradients, learningRate, { norm, limit: clipNorm });
      this.moving.update(emaDecay, step, norm);
      this.previous?.dispose();
      this.previous = norm.detach().keep();
      this.waiting.push({ loss: loss.detach().keep(), norm: norm.detach().keep() });
    });
    await backend.flush();
  }

  /** The results of the steps since the last call, read back together. */
  async settle(): Promise<StepResult[]> {
    const steps = this.waiting.splice(0);
    if (steps.length === 0) return [];
    const scalars = steps.flatMap(({ loss, norm }) => [loss, norm]);
    const { starts } = packing(scalars.map(() => 1));
    try {
      const values = await scope(() => pack(scalars).data());
      return steps.map((_, i) => ({ loss: values[starts[2 * i]!]!, norm: values[starts[2 * i + 1]!]! }));
    } finally {
      for (const scalar of scalars) scalar.dispose();
    }
  }

  /** Frees what the steps remember; the models keep their values. */
  dispose(): void {
    for (const { loss, norm } of this.waiting.splice(0)) {
      loss.dispose();
      norm.dispose();
    }
    this.previous?.dispose();
    this.previous = null;
    this.optimizer.dispose();
    this.moving.dispose();
  }
}
