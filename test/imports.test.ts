/**
 * Imports point one way: cli → train → layers → tensor → kernels → base, and train → dsp → base. The engine
 * imports no package but three optional ones, each named in one file; `node:` stays out of what a browser needs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, it } from 'vitest';

const root = new URL('../src/', import.meta.url).pathname;

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  kernels: ['base'],
  tensor: ['base', 'kernels'],
  layers: ['base', 'tensor'],
  dsp: ['base'],
  train: ['base', 'dsp', 'layers', 'tensor'],
  vendor: [],
  cli: ['base', 'kernels', 'tensor', 'layers', 'dsp', 'train', 'vendor'],
};

const ENGINE = ['base', 'kernels', 'tensor', 'layers', 'dsp', 'train'];
/** Where `node:` may be imported. In the engine below `train`, only lazily, in these files. */
const NODE_FILES = ['kernels/cpu/threads.ts', 'tensor/scope.ts'];
const NODE_FOLDERS = ['train', 'cli'];

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly lazy: boolean;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    // AssemblyScript is compiled on its own and sees only itself.
    if (entry.isDirectory()) return entry.name === 'wasm' ? [] : sourceFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  const pattern =
    /(?:^|\n)\s*(import|export)(\s+type)?\b[^'";]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map((match) => ({
    file: relative(root, path).split(sep).join('/'),
    specifier: (match[3] ?? match[4] ?? match[5])!,
    typeOnly: match[2] !== undefined,
    lazy: match[4] !== undefined,
  }));
}

const imports = sourceFiles(root).flatMap(importsOf);

function folderOf(file: string): string {
  return file.includes('/') ? file.split('/')[0]! : '';
}

it('finds the imports it is about', () => {
  expect(imports.length).toBeGreaterThan(200);
  for (const folder of ENGINE) expect(imports.some(({ file }) => folderOf(file) === folder)).toBe(true);
});

it('points one way between folders', () => {
  const wrong = imports.filter(({ file, specifier }) => {
    const from = folderOf(file);
    if (!specifier.startsWith('.') || from === '') return false;
    const to = folderOf(
      relative(root, join(root, file, '..', specifier))
        .split(sep)
        .join('/'),
    );
    return to !== from && !ALLOWED[from]?.includes(to);
  });
  expect(wrong).toEqual([]);
});

it('imports no package below the command line but optional ones, lazily and each in one file', () => {
  const packages = imports.filter(
    ({ file, specifier }) =>
      ENGINE.includes(folderOf(file)) && !specifier.startsWith('.') && !specifier.startsWith('node:'),
  );
  const places = new Set(packages.map(({ file, specifier }) => `${specifier} in ${file}`));
  expect([...places].sort()).toEqual([
    '@wasm-audio-decoders/flac in train/compressed.ts',
    'mpg123-decoder in train/compressed.ts',
    'webgpu in kernels/webgpu/open.ts',
  ]);
  for (const { file, specifier, lazy, typeOnly } of packages)
    expect(lazy || typeOnly, `${specifier} in ${file}`).toBe(true);
});

it('keeps node: out of what a browser needs', () => {
  const wrong = imports.filter(
    ({ file, specifier, typeOnly }) =>
      specifier.startsWith('node:') &&
      !typeOnly &&
      !NODE_FOLDERS.includes(folderOf(file)) &&
      !NODE_FILES.includes(file),
  );
  expect(wrong).toEqual([]);
});

it('uses no host mathematics whose last bit depends on the machine', () => {
  const banned =
    /\bMath\.(exp|expm1|log|log2|log10|log1p|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|pow|cbrt|hypot|random)\b|\blocaleCompare\b|\.toLocale/;
  const wrong = sourceFiles(root)
    .filter((path) => ENGINE.includes(folderOf(relative(root, path))))
    .flatMap((path) => {
      const lines = readFileSync(path, 'utf8')
        .replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, ''))
        .split('\n');
      return lines.flatMap((line, i) =>
        banned.test(line.replace(/\/\/.*$/, '')) ? [`${relative(root, path)}:${i + 1}: ${line.trim()}`] : [],
      );
    });
  expect(wrong).toEqual([]);
});
