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
}

/** Version of this package. */
export function engineVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

export function describeEnvironment(device: string, threads: number): Environment {
  return {
    engine: engineVersion(),
    node: process.versions.node,
    platform: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    device,
    threads,
  };
}
