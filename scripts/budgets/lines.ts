/** Lines of source by folder: those with something on them that is not a comment. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from './judge.ts';

const SLASHES = ['.ts', '.mts', '.mjs', '.wgsl'];
const HASHES = ['.py', '.sh'];
const GENERATED = ['wasm-binary.ts', 'shaders.ts'];
const LEFT_OUT = ['node_modules', 'results', '.venv', '__pycache__'];

/** Of TypeScript, JavaScript, WGSL, Python and shell; what the build writes is left out. */
export function lineFigures(): Figure[] {
  const inSource = readdirSync('src', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `src/${name}`);
  return [...inSource.sort(), 'bench', 'scripts'].map((folder) => ({
    name: `lines of ${folder}`,
    value: linesIn(folder),
  }));
}

function linesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    if (LEFT_OUT.includes(entry.name) || GENERATED.includes(entry.name)) return sum;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + linesIn(path);
    const hash = HASHES.some((end) => entry.name.endsWith(end));
    if (!hash && !SLASHES.some((end) => entry.name.endsWith(end))) return sum;
    return sum + linesOf(readFileSync(path, 'utf8'), hash ? '#' : '//');
  }, 0);
}

/** A docstring of Python counts as code. */
export function linesOf(text: string, comment: '//' | '#'): number {
  let inside = false;
  let lines = 0;
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (inside || (comment === '//' && line.startsWith('/*'))) {
      inside = !line.includes('*/');
      if (inside || line.endsWith('*/')) continue;
    }
    if (line !== '' && !line.startsWith(comment)) lines++;
  }
  return lines;
}
