/**
 * TensorFlow.js or jax-js in a process of its own: `framework.cjs tfjs|jax-js BACKEND FOLDER`. Reads one JSON request a line
 * and answers with one, as torch_peer.py does; the last line of stderr says why it does not start. `framework.cjs gpu` only says
 * whether there is a GPU.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { timed } from '../timed.ts';
import { jax } from './jax.ts';
import { tfjs } from './tfjs-node.ts';
import type { Values, Weights } from './weights.ts';

export interface FrameworkBatch {
  readonly x: Float32Array;
  readonly shape: readonly number[];
  readonly labels: readonly number[];
}

/** A training run that goes on from where it is. */
export interface FrameworkTrainer {
  /** One step; waits for it and gives its loss. */
  step(): Promise<number>;
  close(): void;
}

export interface FrameworkEngine {
  /** After the name of the backend: which build of it runs. */
  readonly build: string;
  /** Why it has one thread. */
  readonly oneThread: string;
  inference(
    model: string,
    weights: Weights,
  ): (x: Float32Array, shape: readonly number[]) => Promise<Float32Array>;
  training(model: string, weights: Weights, batch: FrameworkBatch, drop: boolean): FrameworkTrainer;
}

type Request = {
  readonly command: 'load' | 'logits' | 'losses' | 'time';
  readonly task: 'train' | 'inference';
  readonly model: string;
  /** Of float32 values. */
  readonly weights: string;
  readonly index: readonly (readonly [path: string, count: number, shape: readonly number[]])[];
  readonly input: string;
  readonly shape: readonly number[];
  readonly labels: readonly number[];
  readonly count: number;
  readonly seconds: number;
};

function floats(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

async function secondsOf(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return (performance.now() - start) / 1e3;
}

class Server {
  private readonly engine: FrameworkEngine;
  private model = '';
  private weights: Weights = new Map();
  /** What is timed, kept between turns. */
  private kept: { key: string; run: () => Promise<unknown>; close: () => void } | null = null;
  /** Seconds of the last run that was not the first; 0 where there was none. */
  private once = 0;

  constructor(engine: FrameworkEngine) {
    this.engine = engine;
  }

  async answer(request: Request): Promise<unknown> {
    const { input, shape, labels } = request;
    if (request.command === 'load') return this.load(request);
    if (request.command === 'time') return this.time(request);
    if (request.command === 'logits')
      return Array.from(await this.engine.inference(this.model, this.weights)(floats(input), shape));
    const batch = { x: floats(input), shape, labels };
    const trainer = this.engine.training(this.model, this.weights, batch, false);
    const losses: number[] = [];
    for (let i = 0; i < request.count; i++) {
      this.once = await secondsOf(async () => void losses.push(await trainer.step()));
    }
    trainer.close();
    return losses;
  }

  /** @returns how many parameters there are, running statistics left out */
  private load({ model, weights, index }: Request): number {
    const all = floats(weights);
    const entries = new Map<string, Values>();
    let [at, parameters] = [0, 0];
    for (const [path, count, shape] of index) {
      entries.set(path, { shape, values: all.slice(at, at + count) });
      at += count;
      if (!path.includes('running_')) parameters += count;
    }
    [this.model, this.weights, this.once] = [model, entries, 0];
    this.kept?.close();
    this.kept = null;
    return parameters;
  }

  private async time({ task, input, shape, labels, seconds }: Request): Promise<number[]> {
    const key = `${task} ${shape}`;
    if (this.kept?.key !== key) {
      this.kept?.close();
      this.kept = { key, ...this.body(task, { x: floats(input), shape, labels }) };
      const { run } = this.kept;
      if (this.once < seconds) {
        await run();
        this.once = await secondsOf(run);
      }
    }
    const { run } = this.kept;
    if (this.once < seconds) return timed(key, run).turn(seconds);
    // Who takes longer than a turn runs once, and has warmed up while it was checked.
    return [await secondsOf(run)];
  }

  private body(task: Request['task'], batch: FrameworkBatch) {
    const { model, weights } = this;
    if (task === 'inference') {
      const infer = this.engine.inference(model, weights);
      return { run: () => infer(batch.x, batch.shape), close: () => {} };
    }
    const trainer = this.engine.training(model, weights, batch, true);
    return { run: () => trainer.step(), close: () => trainer.close() };
  }
}

/** Why there is no GPU that a speed could be quoted from; nothing where there is one. */
async function missingGpu(): Promise<string> {
  const { webgpu } = await import('pcg-engine');
  const backend = await webgpu({ realOnly: true }).catch((error: Error) => error);
  if (backend instanceof Error) return backend.message.replace('webgpu: ', '').split('. ')[0]!;
  await backend.close();
  return '';
}

async function main(): Promise<void> {
  const [name, backend, folder] = process.argv.slice(2) as [string, string, string];
  const say = (content: unknown) => process.stdout.write(`${JSON.stringify(content)}\n`);
  console.log = console.error; // What frameworks say is no answer.
  if (name === 'gpu') {
    say({ missing: await missingGpu() });
    process.exit(0);
  }
  const engine = await (name === 'tfjs' ? tfjs(backend, folder) : jax(backend, folder));
  const server = new Server(engine);
  say({ build: engine.build, oneThread: engine.oneThread });
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say({ value: await server.answer(JSON.parse(line) as Request) });
    } catch (error) {
      say({ error: error instanceof Error ? error.message.split('\n')[0] : String(error) });
    }
  }
  process.exit(0);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message.split('\n')[0] : error);
  process.exit(1);
});
