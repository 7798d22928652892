/** What bench/gpu does without a GPU: its options, what it counts, its section of the page, its bundle. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parseOptions } from '../../bench/gpu/options.ts';
import { agree } from '../../bench/gpu/peer.ts';
import { type GpuResult, gpuReport, withGpuSection } from '../../bench/gpu/report.ts';
import { workOf } from '../../bench/gpu/work.ts';
import { layoutOf } from '../../bench/peers/tfjs-models.ts';
import { page } from '../../bench/report.ts';
import { describeGpu } from '../support/gpu.ts';

const result: GpuResult = {
  environment: {
    ...{ cpu: 'cpu', cores: 16, memory: 128, system: 'Linux 6', node: '20', commit: 'abc', date: 'then' },
    ...{ load: 0, peers: {} },
  },
  ...{ adapter: 'some GPU', driver: 'none', features: [], dawn: '', rounds: 5, seconds: 1 },
  ...{ quick: false, software: false, training: [], steps: [], missing: [] },
};

it('says which options there are', () => {
  expect(parseOptions([])).toMatchObject({ batches: [32, 512, 128, 8, 1], peers: ['torch', 'tfjs'] });
  expect(parseOptions(['--quick', '--peers', 'none'])).toMatchObject({ batches: [2, 1], peers: [] });
  expect(() => parseOptions(['--models', 'resnet'])).toThrow('--models knows reference-step, pcg-lite');
  expect(() => parseOptions(['--batches', '1,x'])).toThrow('--batches is x');
});

it('counts bytes and operations from shapes', () => {
  const operand = (...shape: number[]) => ({ buffer: { count: 0, dtype: 'float' as const }, shape });
  const padded = { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1], groups: 1 } as const;
  const [x, w, y] = [operand(2, 3, 8, 8), operand(4, 3, 3, 3), operand(2, 4, 8, 8)];
  const flops = 2 * 2 * 4 * 64 * 27;
  expect(workOf('conv2d', [x, w], [y], { ...padded, relu: false })).toEqual({
    bytes: 4 * (384 + 108 + 512),
    flops,
  });
  expect(workOf('conv2dInputGrad', [y, w], [x], { ...padded, inputSize: [8, 8] }).flops).toBe(flops);
  expect(workOf('conv2dWeightGrad', [x, y], [w], { ...padded, kernel: [3, 3] }).flops).toBe(flops);
  const product = { transposeA: true, transposeB: false };
  expect(workOf('matmul', [operand(5, 7), operand(5, 11)], [operand(7, 11)], product).flops).toBe(770);
});

it('times nobody who trains differently', () => {
  expect(agree([1, 0.5], [1.0005, 0.5], 1e-3)).toBeNull();
  expect(agree([1, 0.6], [1, 0.5], 1e-3)).toContain('trains differently');
  expect(agree([1, Number.NaN], [1, 0.5], 1e-3)).toContain('trains differently');
  expect(agree([1], [1, 0.5], 1e-3)).toContain('trains differently');
});

it('gives tfjs weights in its own order', () => {
  const values = Float32Array.from({ length: 2 * 3 * 2 * 2 }, (_, i) => i);
  const { shape, values: moved } = layoutOf('conv.weight', [2, 3, 2, 2], values);
  expect(shape).toEqual([2, 2, 3, 2]);
  // [y = 1, x = 0, in = 2, out = 1] was [out = 1, in = 2, y = 1, x = 0].
  expect(moved[((1 * 2 + 0) * 3 + 2) * 2 + 1]).toBe(((1 * 3 + 2) * 2 + 1) * 2 + 0);
});

it('has a section of the page that others leave alone', () => {
  const before = withGpuSection('# Benchmarks\n', null);
  expect(before).toContain('There are no figures from a GPU yet');
  const after = withGpuSection(before, result);
  expect(after).toContain(gpuReport(result));
  expect(after).not.toContain('There are no figures from a GPU yet');
  expect(after.match(/<!-- gpu -->/g)).toHaveLength(1);
  expect(page({}, after)).toContain(gpuReport(result));
});

/** Runs the bundle, as on a machine that has nothing but it and the package webgpu. */
async function runBundle(...options: readonly string[]) {
  const { bundleGpuBench } = (await import('../../scripts/bundle-gpu-bench.mjs' as string)) as {
    bundleGpuBench(outfile: string): Promise<string>;
  };
  mkdirSync('build', { recursive: true });
  const folder = mkdtempSync(join('build', 'gpu-bench-'));
  try {
    const bundle = await bundleGpuBench(resolve(folder, 'gpu-bench.mjs'));
    return spawnSync(process.execPath, [bundle, ...options, '--out', folder], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('is one file that runs', async () => {
  const { status, stdout, stderr } = await runBundle('--help');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('--batches');
});

await describeGpu('bench/gpu on a GPU', () => {
  it('measures a training step and kernels step by step, each checked', async () => {
    const options = ['--quick', '--only', 'training,steps', '--models', 'reference-step', '--batches', '1'];
    const { status, stdout, stderr } = await runBundle(...options, '--peers', 'none');
    expect(status, stderr).toBe(0);
    expect(stdout).not.toContain('missing');
    expect(stdout).toContain('0 buffers, 0 bind groups, 0 pipelines');
    expect(stdout.match(/as it ships/g)).toHaveLength(3);
  }, 240_000); // ten seconds on software Vulkan, if nobody else uses the processor
});
