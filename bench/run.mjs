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
// The bundle lies inside the package, so that it finds 'pcg-engine' by its own name.
const outfile = join(root, 'build', 'bench', 'main.mjs');
await build({
  entryPoints: ['bench/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  ...(sources
    ? { external: ['benchmark', 'gpu.js'] }
    : // Otherwise the paths of tsconfig.json would bundle the sources instead of the built package.
      { packages: 'external', tsconfigRaw: '{}' }),
  logLevel: 'error',
});
await import(pathToFileURL(outfile).href);
