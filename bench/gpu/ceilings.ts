/** What this GPU can do at best, measured with kernels of our own: everything else is held against it. */
import { normal, randomWords, scope } from 'pcg-engine';
import { webgpu } from '../../src/kernels/webgpu/backend.ts';
import { quantile } from '../harness.ts';
import { Bare } from './device.ts';
import copyCode from './wgsl/copy.wgsl';
import fmaCode from './wgsl/fma.wgsl';
import touchCode from './wgsl/touch.wgsl';

export interface Ceilings {
  /** GB/s of a copy by kernel, read and written bytes together. */
  readonly copy: number;
  /** GFLOP/s of multiply-adds on registers. */
  readonly fma: number;
  /** GFLOP/s of our matmul kernel on square matrices of `matmulSize`; null with the reason beside it. */
  readonly matmul: number | null;
  readonly matmulSize: number;
  readonly matmulMissing?: string;
  /** µs that each of many small dispatches takes that wait for one another. */
  readonly dispatch: number;
}

export async function measureCeilings(dawn: readonly string[], quick: boolean): Promise<Ceilings> {
  const bare = await Bare.open(dawn);
  try {
    const copy = await copyBandwidth(bare, quick ? 1 << 20 : 1 << 28);
    const fma = await fmaRate(bare, quick ? 16 : 8192, quick ? 16 : 4096);
    const dispatch = await dispatchTime(bare, quick ? 20 : 1000);
    const matmulSize = quick ? 64 : 2048;
    const matmul = await matmulRate(dawn, matmulSize, quick ? 2 : 9).catch((error: Error) => error.message);
    return typeof matmul === 'string'
      ? { copy, fma, dispatch, matmul: null, matmulSize, matmulMissing: matmul }
      : { copy, fma, dispatch, matmul, matmulSize };
  } finally {
    await bare.close();
  }
}

async function copyBandwidth(bare: Bare, bytes: number): Promise<number> {
  const [from, to] = [bare.buffer(bytes), bare.buffer(bytes)];
  // Not zeros, which some memories move faster.
  const noise = randomWords(Math.min(bytes, 1 << 22) / 4, { seed: 5 });
  for (let at = 0; at < bytes; at += noise.byteLength) bare.device.queue.writeBuffer(from, at, noise);
  const total = Math.ceil(bytes / 16 / 1024);
  const x = Math.min(total, 32768);
  const pipeline = await bare.pipeline(copyCode, { workgroupsX: x });
  const time = await bare.time(pipeline, bare.bind(pipeline, [from, to]), [x, Math.ceil(total / x)]);
  for (const buffer of [from, to]) buffer.destroy();
  return (2 * bytes) / time;
}

async function fmaRate(bare: Bare, workgroups: number, rounds: number): Promise<number> {
  const [from, to] = [bare.buffer(256), bare.buffer(workgroups * 256 * 16)];
  // Values that neither vanish nor overflow, and that the compiler does not know.
  bare.device.queue.writeBuffer(
    from,
    0,
    Float32Array.from({ length: 64 }, (_, i) => 0.5 + i / 128),
  );
  const pipeline = await bare.pipeline(fmaCode, { rounds });
  const time = await bare.time(pipeline, bare.bind(pipeline, [from, to]), [workgroups, 1]);
  for (const buffer of [from, to]) buffer.destroy();
  return (workgroups * 256 * rounds * 64) / time;
}

async function dispatchTime(bare: Bare, count: number): Promise<number> {
  const [from, to] = [bare.buffer(1024), bare.buffer(1024)];
  const pipeline = await bare.pipeline(touchCode);
  const time = await bare.time(pipeline, bare.bind(pipeline, [from, to]), [1, 1], count);
  for (const buffer of [from, to]) buffer.destroy();
  return time / count / 1e3;
}

/** Our own kernel for `matmul`, as the engine runs it. */
async function matmulRate(dawn: readonly string[], size: number, runs: number): Promise<number> {
  const backend = await webgpu({ dawn, profile: true });
  try {
    const [a, b] = [1, 2].map((seed) => normal([size, size], { seed, backend }));
    for (let i = 0; i < runs + 1; i++) scope(() => void a!.matmul(b!));
    await backend.synchronise();
    const times = (await backend.timings()).map(({ nanoseconds }) => nanoseconds);
    const each = times.length / (runs + 1);
    const sums = Array.from({ length: runs }, (_, run) =>
      times.slice((run + 1) * each, (run + 2) * each).reduce((sum, time) => sum + time, 0),
    );
    return (2 * size ** 3) / quantile(sums, 0.5);
  } finally {
    await backend.close();
  }
}
