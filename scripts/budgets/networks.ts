/** The two networks, and what is needed to run a step of them. */
import { type Backend, cpu, normalValues } from '../../src/index.ts';

export const FRAMES = { 'pcg-lite': 200, 'reference-step': 128 } as const;
export type NetworkName = keyof typeof FRAMES;
export const NETWORKS = Object.keys(FRAMES) as NetworkName[];
export const BANDS = 64;
/** Windows in a training step. */
export const BATCH = 32;

/** One thread: no count depends on how many there are. */
export async function onCpu<T>(body: (backend: Backend) => Promise<T>): Promise<T> {
  const backend = await cpu({ threads: 1 });
  try {
    return await body(backend);
  } finally {
    await backend.close();
  }
}

export function windowsOf(name: NetworkName, size: number): Float32Array {
  return Float32Array.from(normalValues(size * BANDS * FRAMES[name], { seed: 3 }));
}

export function targetsOf(size: number): Float64Array {
  return Float64Array.from({ length: 2 * size }, (_, i) => (i % 4 === 0 || i % 4 === 3 ? 1 : 0));
}
