import { DeviceError, UsageError } from '../base/errors.ts';
import type { Backend } from '../kernels/backend.ts';

export type DeviceName = 'auto' | 'cpu' | 'webgpu' | 'reference';

export interface Device {
  readonly backend: Backend;
  readonly threads: number;
  /** For people: which one and why. */
  readonly reason: string;
}

const MOST_THREADS = 64;

/** What `auto` takes in this version. */
export const AUTO_REASON = 'cpu is the fastest device of this version';

/** @throws DeviceError `device/webgpu` · UsageError `usage/threads` */
export function checkDevice(name: DeviceName, threads: number | undefined): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    const hint = `Give a whole number from 1 to ${MOST_THREADS}`;
    throw new UsageError('usage/threads', `--threads is ${threads}`, hint);
  }
  if (name === 'webgpu') {
    const message = 'training on webgpu is not in this version';
    throw new DeviceError('device/webgpu', message, 'Use --device cpu, or leave --device away');
  }
}

/**
 * Starts the device that was asked for; none is replaced by another without a word.
 * @param why shown to people
 * @throws as `checkDevice`
 */
export async function openDevice(
  name: DeviceName,
  threads: number | undefined,
  why = name === 'auto' ? AUTO_REASON : 'as asked for',
): Promise<Device> {
  checkDevice(name, threads);
  if (name === 'reference') {
    const { reference } = await import('../kernels/reference/backend.ts');
    return {
      backend: reference(),
      threads: 1,
      reason: `reference: float64, plain loops, slow (${why})`,
    };
  }
  const { cpu } = await import('../kernels/cpu/backend.ts');
  const { availableThreads } = await import('../kernels/cpu/threads.ts');
  const count = threads ?? Math.min(MOST_THREADS, await availableThreads());
  const backend = await cpu({ threads: count });
  return { backend, threads: count, reason: `cpu, ${count} ${count === 1 ? 'thread' : 'threads'} (${why})` };
}
