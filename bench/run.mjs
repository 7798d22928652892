/**
 * npm run bench [-- options]: bundles bench/*.ts and runs it against the built package (`npm run build` first).
 * Node 20 cannot run TypeScript itself. `node bench/run.mjs --help` lists the options.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const sources = process.argv.includes('--sources');
if (!sources && !existsSync('dist/index.js')) {
  console.error('There is no dist/: run npm run build first (or give --sources to bundle src/ as it is).');
  process.exit(1);
}
// The bundles lie inside the package, so that they find 'pcg-engine' by its own name.
const outdir = join(root, 'build', 'bench');
const common = { bundle: true, platform: 'node', target: 'node20', logLevel: 'error' };
// Without this the paths of tsconfig.json would bundle the sources instead of the built package.
const built = { tsconfigRaw: '{}' };
await build({
  ...common,
  entryPoints: ['bench/main.ts'],
  outfile: join(outdir, 'main.mjs'),
  format: 'esm',
  ...(sources
    ? { external: ['benchmark', 'gpu.js', 'webgpu', 'esbuild', 'assemblyscript'] }
    : { ...built, packages: 'external' }),
});
// TensorFlow.js registers its gradients in its build for bundlers only. Where it is not installed, nobody asks for it.
const tfjs = existsSync('bench/peers/node_modules/@tensorflow/tfjs-core');
await build({
  ...common,
  ...built,
  entryPoints: ['bench/peers/framework.ts'],
  outfile: join(outdir, 'framework.cjs'),
  format: 'cjs',
  mainFields: ['module', 'main'],
  external: ['pcg-engine', 'benchmark', ...(tfjs ? [] : ['@tensorflow/*'])],
});
await import(pathToFileURL(join(outdir, 'main.mjs')).href);
