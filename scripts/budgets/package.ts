/** What is downloaded, installed and loaded by a page. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type OutputFile } from 'esbuild';
import { defaultFeatureSettings } from '../../src/dsp/index.ts';
import { buildModel, type Model } from '../../src/layers/index.ts';
import { writeModelFile } from '../../src/train/model-file.ts';
import { folderBytes } from './folder.ts';
import type { Figure } from './judge.ts';
import { FRAMES, onCpu } from './networks.ts';

/** Packed and unpacked size of the package, as npm would publish it. */
export function packageSizes(): Figure[] {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as { size: number; unpackedSize: number }[];
  const webgpu = folderBytes('node_modules/webgpu');
  return [
    { name: 'tarball', value: packed!.size / 1e3 },
    {
      name: 'installed, with commander',
      value: (packed!.unpackedSize + (folderBytes('node_modules/commander') ?? 0)) / 1e3,
    },
    {
      name: 'optional webgpu, installed',
      value: webgpu === null ? null : webgpu / 1e6,
      skipped: 'it is not installed',
    },
  ];
}

/** The engine with layers and DSP, minified and gzipped, as a browser would load it. */
export async function browserSizes(): Promise<Figure[]> {
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
  // The kernels for GPUs are loaded on demand: they and nothing else hold WGSL.
  const isWebgpu = (file: OutputFile) => file.text.includes('@compute');
  const total = (files: readonly OutputFile[]) =>
    files.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length / 1e3, 0);
  return [
    { name: 'browser engine, gzipped', value: total(outputFiles.filter((file) => !isWebgpu(file))) },
    { name: 'webgpu backend on demand, gzipped', value: total(outputFiles.filter(isWebgpu)) },
  ];
}

/** A model file as training writes it. */
export async function modelFileSize(): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'pcg-engine-budgets-'));
  try {
    const config = { name: 'pcg-lite', bands: 64, frames: FRAMES['pcg-lite'], classes: 2 };
    const path = join(folder, 'model.safetensors');
    await onCpu(async (backend) => {
      const model: Model = buildModel(config, { seed: 1, backend });
      writeModelFile(path, await model.state(), {
        model: config,
        features: defaultFeatureSettings,
        classes: ['normal', 'abnormal'],
        threshold: 0.5,
        trainedOn: { layout: 'folders', data: 'none', split: 'none' },
      });
    });
    return { name: 'pcg-lite: model file', value: statSync(path).size / 1e3 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
