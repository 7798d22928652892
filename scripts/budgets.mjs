// Budgets that do not depend on the machine. A budget is raised only with the reason written here.
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Packed, what `npm install pcg-engine` downloads. Most of it is the chart library. */
const TARBALL_KB = 600;
/**
 * The engine with layers and DSP, minified and gzipped, as a browser would load it. 120 before there were the
 * sources of the kernels for GPUs, which are 40.
 */
const BROWSER_GZIP_KB = 160;

const packed = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
);
const entry = `export * from './src/index.ts'; export * from './src/layers/index.ts'; export * from './src/dsp/index.ts';`;
const bundle = await build({
  stdin: { contents: entry, resolveDir: process.cwd(), loader: 'ts' },
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  platform: 'browser',
  external: ['node:*', 'webgpu'],
});

const rows = [
  ['tarball', packed[0].size / 1000, TARBALL_KB],
  [
    'browser engine, gzipped',
    gzipSync(bundle.outputFiles[0].contents, { level: 9 }).length / 1000,
    BROWSER_GZIP_KB,
  ],
];
let failed = false;
for (const [name, size, limit] of rows) {
  const over = size > limit;
  failed ||= over;
  console.log(`${over ? 'OVER' : 'ok  '}  ${name}: ${size.toFixed(0)} kB of ${limit} kB`);
}
process.exit(failed ? 1 : 0);
