/** npm run bench:gpu [-- options]: bundles bench/gpu and runs it; with --bundle it only bundles. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleGpuBench } from '../../scripts/bundle-gpu-bench.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
// The kernels as they are now.
const built = spawnSync(process.execPath, ['scripts/build.mjs', 'wgsl'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const bundle = await bundleGpuBench();
if (process.argv.includes('--bundle')) console.log(bundle);
else await import(pathToFileURL(bundle).href);
