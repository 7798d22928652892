/** The README is true: its program runs, its files and commands exist. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = (language: string) =>
  [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text!);

it('its program runs and prints what it should', async () => {
  const program = blocks('ts')[0]!;
  const folder = mkdtempSync(join(tmpdir(), 'pcg-readme-'));
  try {
    const outfile = join(folder, 'program.mjs');
    await build({
      stdin: { contents: program, loader: 'ts', resolveDir: root },
      alias: { 'pcg-engine': join(root, 'src/index.ts') },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
    });
    const run = spawnSync(process.execPath, [outfile], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    // (0.5·1 − 2 − 1)² and (0.5·3 − 4 − 1)²: mean 9.25; gradient by hand: (−13, −19).
    expect(run.stdout).toMatch(/^9\.25 Float32Array\(2\) \[ -13, -19 \]/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('names scripts and files that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const [, name] of readme.matchAll(/npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty([name!]);
  for (const [, path] of readme.matchAll(/`((?:src|docs|examples|scripts|bench|\.ci)\/[\w./-]*)`/g)) {
    expect(existsSync(join(root, path!)), path).toBe(true);
  }
  for (const [, path] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g))
    expect(existsSync(join(root, path!)), path).toBe(true);
});
