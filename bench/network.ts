/** Our side of the network questions, and the proof that the others run the same network. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Backend, cpu, grad, noGrad, normalValues, scope, tensor } from 'pcg-engine';
import { buildModel, crossEntropy, inference, type Model } from 'pcg-engine/layers';
import { AdamW } from 'pcg-engine/train';
import type { Python } from './peers/python.ts';

export const BANDS = 64;
export const FRAMES = 128;

/** A batch of noise and labels for it. */
export function batchOf(count: number) {
  const x = Float32Array.from(normalValues(count * BANDS * FRAMES, { seed: 3 }));
  return {
    count,
    x,
    shape: [count, 1, BANDS, FRAMES],
    labels: Array.from({ length: count }, (_, i) => i % 2),
  };
}

export type Batch = ReturnType<typeof batchOf>;

/** A model on the cpu backend, with everything that a training step takes. */
export class Ours {
  readonly backend: Backend;
  readonly model: Model;
  private readonly optimizer: AdamW;
  private step = 0;

  private constructor(backend: Backend, model: Model) {
    this.backend = backend;
    this.model = model;
    this.optimizer = new AdamW(model.parameters());
  }

  /** @param model its name, or what builds it */
  static async start(model: string | ((backend: Backend) => Model), threads: number): Promise<Ours> {
    const backend = await cpu({ threads });
    if (typeof model !== 'string') return new Ours(backend, model(backend));
    const config = { name: model, bands: BANDS, frames: FRAMES, classes: 2 };
    return new Ours(backend, buildModel(config, { seed: 1, backend }));
  }

  /** From numbers to changed weights: upload, forward, backward, AdamW. */
  train({ x, shape, labels }: Batch): void {
    scope(() => {
      const context = { training: true, seed: 1, step: this.step++ };
      const loss = crossEntropy(
        this.model.forward(tensor(x, shape, { backend: this.backend }), context),
        labels,
      );
      const parameters = [...this.model.parameters().values()].map((parameter) => parameter.value);
      this.optimizer.step(grad(loss, parameters), 1e-3);
    });
  }

  /** From numbers to numbers. */
  infer({ x, shape }: Batch): Promise<ArrayLike<number>> {
    return scope(() =>
      noGrad(() => this.model.forward(tensor(x, shape, { backend: this.backend }), inference)).data(),
    );
  }

  async close(): Promise<void> {
    await this.backend.close();
  }
}

export function writeFloats(scratch: string, name: string, values: Float32Array): string {
  const path = join(scratch, name);
  writeFileSync(path, values);
  return path;
}

/**
 * Gives Python our weights and compares logits.
 * @returns the path of the batch for further requests; the reason where the two differ
 */
export async function shareWith(
  python: Python,
  ours: Ours,
  batch: Batch,
  scratch: string,
): Promise<{ input: string } | string> {
  ours.train(batch); // running statistics other than 0 and 1
  const state = await ours.model.state();
  const values = [...state.values()].flatMap((variable) => Array.from(variable.values));
  const parameters = await python.ask<number>({
    command: 'load',
    model: ours.model.config.name,
    bands: BANDS,
    weights: writeFloats(scratch, 'weights.f32', Float32Array.from(values)),
    index: [...state].map(([path, variable]) => [path, variable.values.length]),
  });
  const input = writeFloats(scratch, `batch-${batch.count}.f32`, batch.x);
  const theirs = await python.ask<number[]>({
    command: 'logits',
    input,
    shape: batch.shape,
    training: false,
  });
  const error = largestDifference(await ours.infer(batch), theirs);
  if (parameters !== ours.model.parameterCount() || !(error < 1e-4)) {
    return `runs another network: ${parameters} parameters, logits differ by ${error}`;
  }
  return { input };
}

/** Relative to the largest; NaN where the lengths differ. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  let [worst, scale] = [0, 1e-30];
  for (let i = 0; i < a.length; i++) {
    worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  return worst / scale;
}

/** Where the time of `body` goes: share of each op, the largest first. */
export async function profile(backend: Backend, body: () => unknown, runs = 5): Promise<string> {
  const times = new Map<string, number>();
  const run = backend.run;
  await body();
  const start = performance.now();
  backend.run = function (this: Backend, ...call) {
    const before = performance.now();
    run.apply(this, call as Parameters<typeof run>);
    times.set(call[0], (times.get(call[0]) ?? 0) + performance.now() - before);
  };
  for (let i = 0; i < runs; i++) await body();
  backend.run = run;
  const total = performance.now() - start;
  const inside = [...times.values()].reduce((a, b) => a + b, 0);
  const shares = [...times, ['between ops', total - inside] as const]
    .map(([op, time]) => [op, (100 * time) / total] as const)
    .sort((a, b) => b[1] - a[1])
    .filter(([, share]) => share >= 2);
  return shares.map(([op, share]) => `${op} ${share.toFixed(0)} %`).join(', ');
}
