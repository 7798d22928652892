/** How one size is measured: its time in turns, its memory in processes of their own. */
import { availableParallelism } from 'node:os';
import type { Backend } from 'pcg-engine';
import { type Contestant, contest, type Effort, quantile } from '../harness.ts';
import type { Bench } from '../question.ts';
import type { Job } from './child.ts';
import type { Child } from './process.ts';

/** Calls of `body`; two a turn at least, after one that does not count in the first turn. */
export function repeated(name: string, body: () => unknown): Contestant {
  let warm = false;
  const turn = async (seconds: number) => {
    if (!warm) await body();
    warm = true;
    const times: number[] = [];
    const end = performance.now() + 1e3 * seconds;
    while (times.length < 2 || performance.now() < end) {
      const start = performance.now();
      await body();
      times.push((performance.now() - start) / 1e3);
    }
    return times;
  };
  return { name, turn };
}

/** Turns are short where many sizes take them. */
export function effort({ all, rounds, seconds }: Bench): Effort {
  return all ? { rounds, seconds: seconds / 2 } : { rounds: 3, seconds: 0.1 };
}

/** Median milliseconds of each body; all take turns. */
export async function medians(bodies: readonly (() => unknown)[], bench: Bench): Promise<number[]> {
  const contestants = bodies.map((body, i) => repeated(String(i), body));
  return (await contest(contestants, effort(bench))).map((row) => row.median!);
}

/** Processes of each size, of which the median counts. */
const PROCESSES = 3;
/** They do not share memory, and their time does not count. */
const AT_ONCE = Math.min(4, availableParallelism());

/** Median MB by which the peak of a process with a job is above that of one that is ready for it and has none. */
export async function memories(child: Child, jobs: readonly Job[]): Promise<number[]> {
  const idle = jobs.map((job): Job => ({ ...job, size: 0 }));
  const different = new Map([...idle, ...jobs].map((job) => [keyOf(job), job]));
  const peaks = new Map([...different.keys()].map((key) => [key, [] as number[]]));
  const waiting = Array.from({ length: PROCESSES }, () => [...different]).flat();
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [key, job] = next;
      peaks.get(key)!.push(await child.peak(job));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const median = (job: Job) => quantile(peaks.get(keyOf(job))!, 0.5);
  return jobs.map((job, i) => median(job) - median(idle[i]!));
}

/** Jobs that are the same have the same; without a size the recordings do not matter. */
function keyOf(job: Job): string {
  return JSON.stringify(job.size === 0 ? { ...job, path: '' } : job);
}

/** Most MB of tensors that were live at once while `body` ran. */
export async function peakOfTensors(backend: Backend, body: () => unknown): Promise<number> {
  const { allocate } = backend;
  let most = backend.memory().bytes;
  backend.allocate = function (this: Backend, ...call) {
    const buffer = allocate.apply(this, call);
    most = Math.max(most, this.memory().bytes);
    return buffer;
  };
  try {
    await body();
  } finally {
    backend.allocate = allocate;
  }
  return most / 1e6;
}
