/** Where the GPU's time goes: every dispatch of a step by timestamps, gathered by op and shapes. */
import type { WebgpuBackend } from '../../src/kernels/webgpu/backend.ts';
import { quantile } from '../harness.ts';
import type { Ceilings } from './ceilings.ts';
import { type Work, workOfStep } from './work.ts';

/** One op with its shapes, summed over a step. Times in µs. */
export interface KernelRow {
  readonly what: string;
  readonly dispatches: number;
  readonly time: number;
  /** Of all kernels' time. */
  readonly share: number;
  readonly bytes: number;
  readonly flops: number;
  readonly gbs: number;
  readonly gflops: number;
  /** What the measured ceilings allow for these bytes and operations, or what so many dispatches cost if that is more. */
  readonly floor: number;
}

export interface Breakdown {
  readonly rows: readonly KernelRow[];
  /** µs a step, summed over dispatches; gaps between them are not in it. */
  readonly time: number;
  readonly floor: number;
  readonly bytes: number;
  readonly flops: number;
}

/** @param steps runs one step and waits; the backend was opened with `profile` */
export async function breakdown(
  backend: WebgpuBackend,
  step: () => Promise<void>,
  ceilings: Ceilings,
  runs: number,
): Promise<Breakdown> {
  for (let i = 0; i < 3; i++) await step();
  const work = await workOfStep(backend, step);
  await backend.timings();
  for (let i = 0; i < runs; i++) await step();
  const timings = await backend.timings();
  const each = timings.length / runs;
  if (!Number.isInteger(each)) throw new Error(`${timings.length} dispatches were timed in ${runs} steps`);
  const sums = new Map<string, { dispatches: number; time: number }>();
  let total = 0;
  for (let place = 0; place < each; place++) {
    const { what } = timings[place]!;
    const times = Array.from({ length: runs }, (_, run) => timings[run * each + place]!.nanoseconds / 1e3);
    const time = quantile(times, 0.5);
    total += time;
    const sum = sums.get(what) ?? { dispatches: 0, time: 0 };
    sums.set(what, { dispatches: sum.dispatches + 1, time: sum.time + time });
  }
  const rows = [...sums]
    .map(([what, sum]) => rowOf(what, sum, total, work.get(what), ceilings))
    .sort((a, b) => b.time - a.time);
  const sum = (key: 'floor' | 'bytes' | 'flops') => rows.reduce((all, row) => all + row[key], 0);
  return { rows, time: total, floor: sum('floor'), bytes: sum('bytes'), flops: sum('flops') };
}

function rowOf(
  what: string,
  { dispatches, time }: { dispatches: number; time: number },
  total: number,
  { bytes, flops }: Work = { bytes: 0, flops: 0 },
  ceilings: Ceilings,
): KernelRow {
  return {
    ...{ what, dispatches, time, share: time / total, bytes, flops },
    gbs: bytes / time / 1e3,
    gflops: flops / time / 1e3,
    floor: Math.max(bytes / ceilings.copy / 1e3, flops / ceilings.fma / 1e3, dispatches * ceilings.dispatch),
  };
}
