/** npm run bench:gpu [-- options]: bundles bench/gpu and runs it; with --bundle it only bundles. */
import { pathToFileURL } from 'node:url';
import { bundleGpuBench } from '../../scripts/bundle-gpu-bench.mjs';

const bundle = await bundleGpuBench();
if (process.argv.includes('--bundle')) console.log(bundle);
else await import(pathToFileURL(bundle).href);
