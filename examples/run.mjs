/** Runs an example with any Node from 20 on: node examples/run.mjs fit-curve (needs `npm run build` once). */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));
const name = process.argv[2] ?? '';
if (!existsSync(join(folder, `${name}.ts`))) {
  const known = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  console.error(`Usage: node examples/run.mjs ${known.map((file) => file.slice(0, -3)).join(' | ')}`);
  process.exit(2);
}
// The bundle lies inside the package, so that it finds 'pcg-engine' by its own name.
const outfile = join(folder, '..', 'build', 'examples', `${name}.mjs`);
buildSync({
  entryPoints: [join(folder, `${name}.ts`)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  // Otherwise the paths of tsconfig.json would bundle the sources instead of the built package.
  tsconfigRaw: '{}',
  logLevel: 'error',
});
process.exitCode = spawnSync(process.execPath, [outfile], { stdio: 'inherit' }).status ?? 1;
