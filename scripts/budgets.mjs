// Budgets that do not depend on the machine. A budget is raised only with the reason written here.
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Packed, what `npm install pcg-engine` downloads. 582 reached. */
const TARBALL_KB = 600;
/** The engine with layers and DSP, minified and gzipped, as a browser would load it. */
const BROWSER_GZIP_KB = 120;
/** What it loads besides where a GPU is opened: the backend and the sources of its kernels. */
const WEBGPU_GZIP_KB = 70;

const packed = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
);
const entry = `export * from './src/index.ts'; export * from './src/layers/index.ts'; export * from './src/dsp/index.ts';`;
const { outputFiles } = await build({
  stdin: { contents: entry, resolveDir: process.cwd(), loader: 'ts' },
  bundle: true,
  splitting: true,
  outdir: 'engine',
  minify: true,
  write: false,
  format: 'esm',
  platform: 'browser',
  external: ['node:*', 'webgpu'],
});
const gzipped = (file) => gzipSync(file.contents, { level: 9 }).length / 1000;
// The kernels for GPUs are loaded on demand: they and nothing else hold WGSL.
const isWebgpu = (file) => file.text.includes('@compute');
const total = (files) => files.reduce((sum, file) => sum + gzipped(file), 0);

const rows = [
  ['tarball', packed[0].size / 1000, TARBALL_KB],
  ['browser engine, gzipped', total(outputFiles.filter((file) => !isWebgpu(file))), BROWSER_GZIP_KB],
  ['webgpu backend on demand, gzipped', total(outputFiles.filter(isWebgpu)), WEBGPU_GZIP_KB],
];
let failed = false;
for (const [name, size, limit] of rows) {
  const over = size > limit;
  failed ||= over;
  console.log(`${over ? 'OVER' : 'ok  '}  ${name}: ${size.toFixed(0)} kB of ${limit} kB`);
}
process.exit(failed ? 1 : 0);
