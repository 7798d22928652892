/**
 * node scripts/budgets.mjs [--json | --table]: measures what does not depend on the machine, and fails where a limit of
 * scripts/budgets/limits.ts is exceeded; with --json the
 * figures only, with --table the lines of limits.ts that they would make. Needs a build (`npm run build`).
 */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
// Node 20 cannot run TypeScript itself.
const outfile = join(root, 'build', 'budgets.mjs');
await build({
  entryPoints: ['scripts/budgets/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  tsconfigRaw: '{}',
  logLevel: 'error',
});
await import(pathToFileURL(outfile).href);
