import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform } from 'node:os';

/** What a training ran on: recorded, and not allowed to matter. */
export interface Environment {
  readonly engine: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly device: string;
  readonly threads: number;
  /** Where the device is webgpu. */
  readonly gpu?: GpuEnvironment;
}

export interface GpuEnvironment {
  readonly vendor: string;
  readonly architecture: string;
  readonly adapter: string;
  readonly driver: string;
  /** Whether it computes on the processor. */
  readonly software: boolean;
  /** How activations are kept. */
  readonly storage: 'f32' | 'f16';
}

/** What is looked at of a backend: `webgpu` has all of it. */
interface Described {
  readonly name: string;
  readonly adapter?: Omit<GpuEnvironment, 'adapter' | 'storage'> & { readonly device: string };
  readonly storage?: 'f32' | 'f16';
}

/** Version of this package. */
export function engineVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

export function describeEnvironment(backend: Described, threads: number): Environment {
  const gpu = gpuOf(backend);
  return {
    engine: engineVersion(),
    node: process.versions.node,
    platform: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    device: backend.name,
    threads,
    ...(gpu ? { gpu } : {}),
  };
}

/** null for backends that do not compute on a GPU. */
export function gpuOf({ adapter, storage = 'f32' }: Described): GpuEnvironment | null {
  if (!adapter) return null;
  const { vendor, architecture, device, driver, software } = adapter;
  return { vendor, architecture, adapter: device, driver, software, storage };
}
