/** What is timed on our side: one training step, written against the public interface. */
import { type Backend, grad, normalValues, scope, type Tensor, tensor } from 'pcg-engine';
import { buildModel, crossEntropy, type Model } from 'pcg-engine/layers';
import { AdamW } from 'pcg-engine/train';

const LEARNING_RATE = 1e-3;

/** A model, its optimiser, and a batch that is on the device already: everything that a step takes. */
export interface Run {
  readonly model: Model;
  readonly optimizer: AdamW;
  readonly x: Tensor;
  readonly labels: readonly number[];
}

/** Records forward in training mode with dropout, cross-entropy, backward and AdamW; gives the loss, not read back. */
export function trainingStep({ model, optimizer, x, labels }: Run, step: number): Tensor {
  return scope(() => {
    const loss = crossEntropy(model.forward(x, { training: true, seed: 1, step }), labels);
    const parameters = [...model.parameters().values()].map((parameter) => parameter.value);
    optimizer.step(grad(loss, parameters), LEARNING_RATE);
    return loss;
  });
}

/** One row of the benchmark: which model, and the batch it is given. */
export interface Case {
  readonly model: string;
  readonly batch: number;
  readonly bands: number;
  readonly frames: number;
}

export interface BatchValues {
  readonly x: Float32Array;
  readonly shape: readonly number[];
  readonly labels: readonly number[];
}

/** Noise and labels for it: the same for everybody. */
export function batchValues({ batch, bands, frames }: Case): BatchValues {
  return {
    x: Float32Array.from(normalValues(batch * bands * frames, { seed: 3 })),
    shape: [batch, 1, bands, frames],
    labels: Array.from({ length: batch }, (_, i) => i % 2),
  };
}

/** Our side of a case on a backend. Steps are recorded, submitted one by one, and waited for in groups. */
export class Trainer {
  readonly backend: Backend;
  readonly run: Run;
  private step = 0;
  /** Milliseconds that this thread was busy with steps, without waiting. */
  hostTime = 0;

  constructor(backend: Backend, { model: name, bands, frames }: Case, { x, shape, labels }: BatchValues) {
    this.backend = backend;
    const model = buildModel({ name, bands, frames, classes: 2 }, { seed: 1, backend });
    const input = scope(() => tensor(x, shape, { backend }).keep());
    this.run = { model, optimizer: new AdamW(model.parameters()), x: input, labels };
  }

  /** `count` steps, then waits for the device. */
  async steps(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      trainingStep(this.run, this.step++).dispose();
      const submitted = this.backend.flush();
      this.hostTime += performance.now() - start;
      await submitted;
    }
    await this.backend.synchronise();
  }

  /** Losses of `count` steps, each before its update. Dropout drops nothing, so that others can be held against it. */
  async losses(count: number): Promise<number[]> {
    return withoutDropout(this.backend, async () => {
      const losses: number[] = [];
      for (let i = 0; i < count; i++) {
        const loss = trainingStep(this.run, this.step++);
        losses.push((await loss.data())[0]!);
        loss.dispose();
      }
      return losses;
    });
  }
}

/** What `body` does while dropout drops nothing on this backend. */
export async function withoutDropout<T>(backend: Backend, body: () => Promise<T>): Promise<T> {
  const { run } = backend;
  backend.run = function (this: Backend, op, inputs, outputs, attributes) {
    run.call(this, op, inputs, outputs, droppingNothing(attributes) as never);
  };
  try {
    return await body();
  } finally {
    backend.run = run;
  }
}

/** Dropout as an op of its own has `p`, ops that have it in them `dropout.p`. */
function droppingNothing(attributes: object): object {
  const { dropout } = attributes as { dropout?: object };
  if (dropout) return { ...attributes, dropout: { ...dropout, p: 0 } };
  return 'p' in attributes ? { ...attributes, p: 0 } : attributes;
}

/** Every value of the model as one list, with what another framework needs to take it over. */
export async function weightsOf(model: Model): Promise<{ values: Float32Array; index: WeightIndex }> {
  const trainable = model.parameters();
  const entries = [...(await model.state())];
  return {
    values: Float32Array.from(entries.flatMap(([, { values }]) => Array.from(values))),
    index: entries.map(([path, { values, shape }]) => ({
      path,
      shape,
      count: values.length,
      decayed: trainable.has(path) && shape.length > 1,
    })),
  };
}

export type WeightIndex = readonly {
  readonly path: string;
  readonly shape: readonly number[];
  readonly count: number;
  /** Whether AdamW's weight decay applies. */
  readonly decayed: boolean;
}[];
