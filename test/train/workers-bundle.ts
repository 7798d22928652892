/** Modules for worker threads, which cannot run TypeScript: bundled into a folder of the test. */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { temporaryFolder } from './temporary.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

async function bundle(name: string, contents: string): Promise<URL> {
  const outfile = join(temporaryFolder(), `${name}.mjs`);
  await build({
    stdin: { contents, resolveDir: here('.'), loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return pathToFileURL(outfile);
}

/** The worker of the package. */
export const bundleWorker = () => bundle('worker', `import '../../src/train/workers/worker.ts';`);

/** A worker for `TEST_TASKS`. */
export const bundleTestWorker = () =>
  bundle(
    'test-worker',
    `import { serve } from '../../src/train/workers/serve.ts';
     import { TEST_TASKS } from './workers-tasks.ts';
     await serve(TEST_TASKS);`,
  );

/** A program of its own: gives the orders on its command line to a worker and prints the outcomes as JSON. */
export const bundleTestProgram = () =>
  bundle(
    'test-program',
    `import { mapAt } from '../../src/train/workers/map.ts';
     import { TEST_TASKS } from './workers-tasks.ts';
     const { worker, limits, orders } = JSON.parse(process.argv[2]);
     const at = { tasks: TEST_TASKS, worker: new URL(worker), limits };
     const outcomes = await mapAt(at, 'obey', {}, orders, { threads: 2 });
     console.log(JSON.stringify(outcomes));`,
  );
