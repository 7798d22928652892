/** PyTorch on the same GPU, in the ways it is used: each is a contestant of its own. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contestant, Missing } from '../harness.ts';
import { quantile } from '../harness.ts';
import { Python } from '../peers/python.ts';
import { agree, CHECKED_STEPS, type Peer, type Shared } from './peer.ts';

interface Way {
  readonly name: string;
  readonly options: Readonly<Record<string, boolean>>;
  /** Losses may differ by so much, relative. */
  readonly tolerance: number;
}

const FLOAT32 = 2e-3;
/** TF32 keeps 10 bits of each factor. */
const TF32 = 2e-2;

const WAYS: readonly Way[] = [
  { name: 'eager', options: {}, tolerance: FLOAT32 },
  { name: 'eager, fused AdamW', options: { fused: true }, tolerance: FLOAT32 },
  { name: 'torch.compile', options: { compiled: true, fused: true }, tolerance: FLOAT32 },
  { name: 'CUDA graph', options: { graph: true, fused: true }, tolerance: FLOAT32 },
  {
    name: 'torch.compile, CUDA graph',
    options: { compiled: true, graph: true, fused: true },
    tolerance: FLOAT32,
  },
  { name: 'eager, TF32', options: { tf32: true }, tolerance: TF32 },
  { name: 'CUDA graph, TF32', options: { graph: true, fused: true, tf32: true }, tolerance: TF32 },
];

export function findPython(given: string | undefined): string {
  const own = 'bench/peers/.venv/bin/python';
  return given ?? (existsSync(own) ? own : 'python3');
}

export class Torch {
  readonly python: Python | string;
  private readonly device: string;
  /** Models whose compiled step has been checked: checking compiles once more, so once a model is enough. */
  private readonly checked = new Set<string>();

  private constructor(python: Python | string, device: string) {
    this.python = python;
    this.device = device;
  }

  static async start(executable: string, device: string): Promise<Torch> {
    return new Torch(await Python.start(executable, 'bench/peers/torch_gpu_peer.py'), device);
  }

  /** For the head of the report. */
  get versions(): Readonly<Record<string, string>> {
    if (typeof this.python === 'string') return { PyTorch: `missing: ${this.python}` };
    const { torch, device, cuda, cudnn } = this.python.versions;
    return { PyTorch: `${torch} on ${device}, CUDA ${cuda}, cuDNN ${cudnn}` };
  }

  /** What NVIDIA's libraries reach here: GB/s and GFLOP/s; the reason where that cannot be said. */
  async ceilings(quick: boolean): Promise<Readonly<Record<string, number>> | string> {
    if (typeof this.python === 'string') return this.python;
    return this.python
      .ask<Record<string, number>>({
        command: 'ceilings',
        copy_bytes: quick ? 1 << 20 : 1 << 28,
        size: quick ? 64 : 2048,
      })
      .catch((error: Error) => error.message);
  }

  /** Everybody who gives our losses; the others with the reason. */
  async contestants(shared: Shared): Promise<Peer[]> {
    const peers: Peer[] = [];
    for (const way of WAYS) peers.push(await this.contestant(way, shared));
    return peers;
  }

  private async contestant(way: Way, shared: Shared): Promise<Peer> {
    const { python } = this;
    const name = `PyTorch, ${way.name}`;
    const missing = (reason: string): Missing => ({ name, missing: reason });
    if (typeof python === 'string') return { contestant: missing(python) };
    const { model, bands } = shared.subject;
    const key = `${model} ${way.name}`;
    const check = way.options.compiled && this.checked.has(key) ? 0 : CHECKED_STEPS;
    try {
      const losses = await python.ask<number[]>({
        ...{ command: 'prepare', id: way.name, check, model, bands, device: this.device },
        ...{ weights: shared.weightsFile, index: shared.index, input: shared.inputFile },
        ...{ shape: shared.batch.shape, labels: shared.batch.labels, ...way.options },
      });
      const difference = check > 0 ? agree(losses, shared.losses, way.tolerance) : null;
      if (difference) {
        await python.ask({ command: 'release', id: way.name });
        return { contestant: missing(difference) };
      }
      this.checked.add(key);
    } catch (error) {
      return { contestant: missing((error as Error).message.replace(/^Python peer: /, '')) };
    }
    const device: number[] = [];
    const ask = (seconds: number, size?: number) =>
      python.ask<{ wall: number[]; device: number[] }>({
        ...{ command: 'time', id: way.name, seconds, ...(size ? { size } : {}) },
      });
    const contestant: Contestant = {
      name,
      turn: async (seconds) => {
        const times = await ask(seconds);
        device.push(...times.device);
        return times.wall;
      },
      close: async () => {
        await python.ask({ command: 'release', id: way.name });
      },
    };
    return {
      contestant,
      alone: async () => 1e3 * quantile((await ask(0.05, 1)).wall, 0.5),
      device: () => (device.length > 0 ? 1e3 * quantile(device, 0.5) : undefined),
    };
  }

  close(): void {
    if (typeof this.python !== 'string') this.python.close();
  }
}

export function writeShared(scratch: string, name: string, values: Float32Array): string {
  const path = join(scratch, name);
  writeFileSync(path, values);
  return path;
}
