/** Timing steps by wall clock: groups of steps that are waited for once, as a trainer does that reads its loss now and then. */
import type { Contestant } from '../harness.ts';
import { quantile } from '../harness.ts';

/** Runs `count` steps and waits until the device has done them. */
export type Steps = (count: number) => Promise<void>;

/** Seconds that a group of steps should take, and how many it may have. */
const GROUP_SECONDS = 0.1;
const MOST_STEPS = 20;

async function secondsOf(body: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await body();
  return (performance.now() - start) / 1e3;
}

/** How many steps stand in a group: the same rule for everybody (torch_gpu_peer.py has it too). */
export function groupSize(stepSeconds: number): number {
  return Math.max(1, Math.min(MOST_STEPS, Math.floor(GROUP_SECONDS / stepSeconds)));
}

/** Turns are at least three groups, after a group that is not counted; every sample is the mean step of a group. */
export function stepper(name: string, steps: Steps, close?: () => Promise<void> | void): Contestant {
  let size = 0;
  const turn = async (seconds: number): Promise<number[]> => {
    if (size === 0) {
      await steps(3);
      size = groupSize((await secondsOf(() => steps(3))) / 3);
    }
    await steps(size);
    const times: number[] = [];
    const end = performance.now() + 1e3 * seconds;
    while (times.length < 3 || performance.now() < end)
      times.push((await secondsOf(() => steps(size))) / size);
    return times;
  };
  return close ? { name, turn, close } : { name, turn };
}

/** Milliseconds of a step that is waited for on its own: the median of some. */
export async function alone(steps: Steps, runs: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) times.push(await secondsOf(() => steps(1)));
  return 1e3 * quantile(times, 0.5);
}
