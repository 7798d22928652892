import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Job } from './child.ts';

/** Runs jobs of child.ts in processes of their own. */
export interface Child {
  /** Peak resident memory of a fresh process that does a job, MB. */
  peak(job: Job): Promise<number>;
}

/** Bundles child.ts as bench/run.mjs does main.ts. */
export async function bundleChild(): Promise<Child> {
  const outfile = join('build', 'bench', 'growth-child.mjs');
  await build({
    entryPoints: ['bench/growth/child.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    tsconfigRaw: '{}',
    logLevel: 'error',
  });
  return {
    async peak(job) {
      const { stdout } = await promisify(execFile)(process.execPath, [outfile, JSON.stringify(job)]);
      return Number(stdout) / 1e6;
    },
  };
}
