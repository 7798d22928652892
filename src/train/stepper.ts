import { StateError } from '../base/errors.ts';
import { crossEntropy, type Model, type StatisticUpdate, type Variable } from '../layers/index.ts';
import { apply1 } from '../tensor/apply.ts';
import { type Backend, grad, noGrad, scope, type Tensor, tensor, zeros } from '../tensor/index.ts';
import type { TrainConfig } from './config.ts';
import { MovingAverage } from './ema.ts';
import { AdamW, globalNorm } from './optimizer.ts';
import { RunningStatistics } from './statistics.ts';

/** Steps that may be begun before the results of the first are read. */
const MOST_UNREAD = 128;

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
  private readonly backend: Backend;
  private readonly model: Model;
  private readonly parameters: readonly Variable[];
  private readonly statistics: RunningStatistics;
  private readonly moving: MovingAverage;
  private readonly config: Pick<
    TrainConfig,
    'seed' | 'labelSmoothing' | 'clipNorm' | 'emaDecay' | 'weightDecay'
  >;
  /** Loss and norm of each step that has not been read yet. */
  private log: Tensor | null = null;
  private waiting = 0;
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
    this.statistics = new RunningStatistics(model);
    this.moving = new MovingAverage(average, model, [this.optimizer.flat, this.statistics.flat]);
    this.parameters = [...model.parameters().values()];
    this.backend = this.parameters[0]!.value.backend;
  }

  /** Makes everything that outlives a step, so that the first step looks like all others. */
  private async prepare(): Promise<Tensor> {
    this.optimizer.prepare();
    this.statistics.prepare();
    this.moving.prepare();
    const log = zeros([2 * MOST_UNREAD], { backend: this.backend }).keep();
    await this.backend.flush();
    return log;
  }

  /** Steps whose results have not been read. */
  get unread(): number {
    return this.waiting;
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
    const { backend } = this;
    this.log ??= await this.prepare();
    const parameters = this.parameters.map(({ value }) => value);
    scope(() => {
      const { windows, size } = batch;
      const x =
        windows instanceof Float32Array ? tensor(windows, [size, 1, bands, frames], { backend }) : windows();
      const updates: StatisticUpdate[] = [];
      const defer = (update: StatisticUpdate) => void updates.push(update);
      const logits = model.forward(x, { training: true, seed, step, defer });
      const loss = crossEntropy(logits, batch.targets, { labelSmoothing });
      const gradients = grad(loss, parameters);
      const norm = globalNorm(gradients, loss, this.previous ?? loss);
      this.statistics.follow(updates, norm);
      optimizer.step(gradients, learningRate, { norm, limit: clipNorm });
      this.moving.update(emaDecay, step, norm);
      this.previous?.dispose();
      this.previous = norm.detach().keep();
      this.note(loss, norm);
    });
    await backend.flush();
  }

  private note(loss: Tensor, norm: Tensor): void {
    if (this.waiting === MOST_UNREAD) {
      throw new StateError('stepper/unread', `${this.waiting} steps have not been read`, 'Call settle()');
    }
    const before = this.log!;
    const at = 2 * this.waiting++;
    this.log = noGrad(() => apply1('record', [before, loss, norm], { at })).keep();
    before.dispose();
  }

  /** The results of the steps since the last call, read back together. */
  async settle(): Promise<StepResult[]> {
    const count = this.waiting;
    if (count === 0) return [];
    this.waiting = 0;
    const values = await this.log!.data();
    return Array.from({ length: count }, (_, i) => ({ loss: values[2 * i]!, norm: values[2 * i + 1]! }));
  }

  /** Frees what the steps remember; the models keep their values. */
  dispose(): void {
    this.log?.dispose();
    this.log = null;
    this.waiting = 0;
    this.previous?.dispose();
    this.previous = null;
    this.optimizer.dispose();
    this.statistics.dispose();
    this.moving.dispose();
  }
}
