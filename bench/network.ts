/** Our side of the network questions, and the proof that the others run the same network. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Backend, cpu, grad, noGrad, normalValues, scope, type Tensor, tensor } from 'pcg-engine';
import { buildModel, crossEntropy, inference, type Model } from 'pcg-engine/layers';
import { AdamW } from 'pcg-engine/train';
import { withoutDropout } from './gpu/training-step.ts';
import type { Contestant, Missing } from './harness.ts';
import { FRAMEWORKS } from './peers/find.ts';
import type { Peer } from './peers/peer.ts';
import type { Bench } from './question.ts';

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
  private optimizer: AdamW;
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
  train(batch: Batch): void {
    scope(() => void this.lossOf(batch));
  }

  /** A step, for running statistics other than 0 and 1, and an optimiser that knows nothing of it. */
  settle(batch: Batch): void {
    this.train(batch);
    this.optimizer = new AdamW(this.model.parameters());
  }

  /** Losses of `count` steps, each before its update, with dropout that drops nothing. */
  async losses(batch: Batch, count: number): Promise<number[]> {
    return withoutDropout(this.backend, async () => {
      const losses: number[] = [];
      for (let i = 0; i < count; i++) losses.push((await scope(() => this.lossOf(batch).data()))[0]!);
      return losses;
    });
  }

  /** A step, and the loss before it. */
  private lossOf({ x, shape, labels }: Batch): Tensor {
    const context = { training: true, seed: 1, step: this.step++ };
    const loss = crossEntropy(
      this.model.forward(tensor(x, shape, { backend: this.backend }), context),
      labels,
    );
    const parameters = [...this.model.parameters().values()].map((parameter) => parameter.value);
    this.optimizer.step(grad(loss, parameters), 1e-3);
    return loss;
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

/** Training steps that are compared, and how far their losses may be apart: not all have AdamW's decay. */
const CHECKED_STEPS = 3;
const LOSS_TOLERANCE = 1e-3;
const LOGIT_TOLERANCE = 1e-4;

/** What a peer in a process of its own asks for with every request about a batch. */
export interface Shared {
  readonly input: string;
  readonly shape: readonly number[];
  readonly labels: readonly number[];
}

/**
 * Gives a peer our weights and compares logits.
 * @returns where the batch is, for further requests; the reason where the two differ
 */
export async function shareWith(
  peer: Peer,
  ours: Ours,
  batch: Batch,
  scratch: string,
): Promise<Shared | string> {
  const state = await ours.model.state();
  const values = [...state.values()].flatMap((variable) => Array.from(variable.values));
  const parameters = await peer.ask<number>({
    command: 'load',
    model: ours.model.config.name,
    bands: BANDS,
    weights: writeFloats(scratch, 'weights.f32', Float32Array.from(values)),
    index: [...state].map(([path, variable]) => [path, variable.values.length, variable.shape]),
  });
  const { shape, labels } = batch;
  const shared = { input: writeFloats(scratch, `batch-${batch.count}.f32`, batch.x), shape, labels };
  const theirs = await peer.ask<number[]>({ command: 'logits', ...shared });
  const error = largestDifference(await ours.infer(batch), theirs);
  if (parameters !== ours.model.parameterCount() || !(error < LOGIT_TOLERANCE)) {
    return `runs another network: ${parameters} parameters, logits differ by ${error}`;
  }
  return shared;
}

/**
 * Somebody who trains from the same weights: logits first, then the losses of some steps without dropout, which change our
 * weights as they change theirs.
 */
export async function trainer(
  name: string,
  peer: Peer,
  model: string,
  { batch, threads, scratch }: { batch: Batch; threads: number; scratch: string },
): Promise<Contestant | Missing> {
  const ours = await Ours.start(model, threads);
  try {
    ours.settle(batch);
    const shared = await shareWith(peer, ours, batch, scratch);
    if (typeof shared === 'string') return { name, missing: shared };
    const theirs = await peer.ask<number[]>({ command: 'losses', ...shared, count: CHECKED_STEPS });
    const error = largestDifference(theirs, await ours.losses(batch, CHECKED_STEPS));
    if (!(error < LOSS_TOLERANCE)) {
      return { name, missing: `trains differently: losses of ${CHECKED_STEPS} steps differ by ${error}` };
    }
    return peer.contestant(name, { task: 'train', threads, ...shared });
  } catch (error) {
    return { name, missing: error instanceof Error ? error.message : String(error) };
  } finally {
    await ours.close();
  }
}

/** Somebody who gives our logits, timed at `task`. */
export async function classifier(
  name: string,
  peer: Peer,
  ours: Ours,
  {
    batch,
    threads,
    scratch,
    task = 'inference',
  }: { batch: Batch; threads: number; scratch: string; task?: string },
): Promise<Contestant | Missing> {
  try {
    const shared = await shareWith(peer, ours, batch, scratch);
    if (typeof shared === 'string') return { name, missing: shared };
    return peer.contestant(name, { task, threads, ...shared });
  } catch (error) {
    return { name, missing: error instanceof Error ? error.message : String(error) };
  }
}

/** How long frameworks of plain JavaScript, or compiled without thought for convolutions, take: up to seconds, minutes, more. */
export type Work = 'light' | 'heavy' | 'heaviest';
const SLOW: readonly string[] = ['tfjs cpu', 'jax-js wasm'];

/** JavaScript frameworks, each as `make` makes it a contestant; who cannot be one says why. */
export async function frameworks(
  bench: Bench,
  threads: number,
  work: Work,
  make: (name: string, peer: Peer) => Promise<Contestant | Missing>,
): Promise<(Contestant | Missing)[]> {
  const all: (Contestant | Missing)[] = [];
  for (const each of FRAMEWORKS) {
    const { name, peer } = await bench.framework(each);
    const missing = (why: string) => all.push({ name, missing: why });
    if (typeof peer === 'string') missing(peer);
    else if (threads > 1) missing(`${peer.versions.oneThread}; it stands beside one thread of ours`);
    else if (work === 'heaviest' && each === 'tfjs cpu') missing('it would take minutes for one run');
    else if (work !== 'light' && SLOW.includes(each) && !bench.all)
      missing('it takes seconds for one run, or minutes: timed with --peers all');
    else all.push(await make(name, peer));
  }
  return all;
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
