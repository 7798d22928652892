/**
 * Writes build/gpu-bench.mjs: bench/gpu and the sources in one file that needs Node and the package `webgpu` only, for
 * machines that have a GPU and nothing else. tfjs is in it if it is installed under bench/peers.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

function commit() {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
  const changed = git('status', '--porcelain', '--untracked-files=no', 'src', 'bench') === '' ? '' : '+';
  return `${git('rev-parse', '--short', 'HEAD') || 'unknown'}${changed}`;
}

/** In place of tfjs where it is not installed. */
const withoutTfjs = {
  name: 'without-tfjs',
  setup({ onLoad }) {
    const installed = existsSync(join(root, 'bench/peers/node_modules/@tensorflow/tfjs-backend-webgpu'));
    if (installed) return;
    onLoad({ filter: /tfjs-load\.mjs$/ }, () => ({
      contents:
        "throw new Error('not installed when this was bundled: npm ci --ignore-scripts --prefix bench/peers');",
    }));
  },
};

export async function bundleGpuBench(outfile = join(root, 'build', 'gpu-bench.mjs')) {
  await build({
    absWorkingDir: root,
    entryPoints: ['bench/gpu/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['webgpu'],
    // tfjs has a build for Node as well, which would come with a second copy of its core.
    mainFields: ['module', 'main'],
    loader: { '.wgsl': 'text' },
    define: { 'process.env.BENCH_COMMIT': JSON.stringify(commit()) },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    plugins: [withoutTfjs],
    logLevel: 'error',
  });
  return outfile;
}
