/** What the op table's samples do not reach: float16 inputs, wrong indices, folded grids, numbers of dispatches. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KernelName, OpAttributes } from '../../../src/kernels/ops.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import type { WebgpuBuffer } from '../../../src/kernels/webgpu/buffer.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { array, indices, runOp, type Sample } from '../reference/run-op.ts';

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Whole numbers and quarters, which float16 holds exactly. */
function quarters(shape: readonly number[], seed = 0): Sample {
  return array(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => (((i + seed) * 37) % 401) / 4 - 50),
  );
}

const picked = indices([3, 0, 2, 3, 1]);

/** Every way through every kernel: op, inputs, shape of the output, attributes. */
const CASES: readonly (readonly [KernelName, readonly Sample[], readonly number[], object])[] = [
  ['affine', [quarters([3, 7])], [3, 7], { scale: 0.5, offset: 1 }],
  ['sub', [quarters([3, 7]), quarters([3, 7], 5)], [3, 7], {}],
  ['sub', [quarters([3, 8]), quarters([3, 1], 5)], [3, 8], {}],
  ['sub', [quarters([7]), quarters([3, 7], 5)], [3, 7], {}],
  ['sub', [quarters([3, 1]), quarters([1, 7], 5)], [3, 7], {}],
  ['broadcastTo', [quarters([3, 1])], [3, 7], { shape: [3, 7] }],
  ['slice', [quarters([3, 8])], [2, 4], { start: [1, 4], size: [2, 4] }],
  ['slice', [quarters([3, 7])], [2, 4], { start: [1, 3], size: [2, 4] }],
  ['permute', [quarters([2, 9, 34])], [2, 34, 9], { axes: [0, 2, 1] }],
  ['permute', [quarters([2, 3, 4])], [3, 2, 4], { axes: [1, 0, 2] }],
  ['pad', [quarters([3, 7])], [4, 10], { before: [1, 2], after: [0, 1], value: 0.25 }],
  ['concat', [quarters([3, 7]), quarters([3, 2], 5)], [3, 9], { axis: 1 }],
  ['concat', [quarters([2, 4]), quarters([5, 4], 5)], [7, 4], { axis: 0 }],
  ['gather', [quarters([4, 3]), picked], [5, 3], { axis: 0 }],
  ['gather', [quarters([4, 8]), picked], [5, 8], { axis: 0 }],
  ['scatterAdd', [quarters([5, 3]), picked], [4, 3], { axis: 0, size: 4 }],
  ['scatterAdd', [quarters([5, 8]), picked], [4, 8], { axis: 0, size: 4 }],
];

await describeGpu('webgpu, layout', () => {
  const truth = reference();
  let gpu: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterAll(() => gpu.close());

  /** The sample's values, kept as float16 or whatever is asked for. */
  const stored = (sample: Sample, type: 'f16' | 'f32') => {
    const { shape, values } = sample;
    const x = gpu.allocate(values.length, sample.dtype ?? 'float');
    gpu.upload(x, values);
    if (sample.dtype) return { buffer: x, shape };
    const buffer = gpu.allocate(values.length, 'float');
    (buffer as WebgpuBuffer).become(type);
    gpu.run('affine', [{ buffer: x, shape }], [{ buffer, shape }], { scale: 1, offset: 0 });
    gpu.free(x);
    return { buffer, shape };
  };

  const run = async (
    op: KernelName,
    samples: readonly Sample[],
    shape: readonly number[],
    attributes: object,
    types: readonly ('f16' | 'f32')[],
  ) => {
    const inputs = samples.map((sample, i) => stored(sample, types[i]!));
    const buffer = gpu.allocate(sizeOf(shape), 'float');
    await gpu.flush();
    const before = gpu.counters.dispatches;
    gpu.run(op, inputs, [{ buffer, shape }], attributes as OpAttributes[typeof op]);
    const values = Array.from(await gpu.download(buffer, sizeOf(shape)));
    for (const input of inputs) gpu.free(input.buffer);
    gpu.free(buffer);
    return { values, dispatches: gpu.counters.dispatches - before };
  };

  it.each(CASES)(
    '%s %# takes float16 beside float32, in one dispatch',
    async (op, samples, shape, attributes) => {
      const [want] = await runOp(truth, op, samples, [shape], attributes as never);
      const half = gpu.adapter.features.includes('shader-f16') ? 'f16' : 'f32';
      for (const types of [
        [half, half],
        ['f32', half],
        [half, 'f32'],
      ] as const) {
        expect(await run(op, samples, shape, attributes, types)).toEqual({ values: want, dispatches: 1 });
      }
    },
  );

  it('shows indices outside the axis as NaN', async () => {
    const wrong = indices([1, 4, 0, -1]);
    const [picked] = await runOp(gpu, 'gather', [quarters([4]), wrong], [[4]], { axis: 0 });
    const { values } = quarters([4]);
    expect(picked).toEqual([values[1], Number.NaN, values[0], Number.NaN]);
    const [added] = await runOp(gpu, 'scatterAdd', [quarters([4]), wrong], [[3]], { axis: 0, size: 3 });
    expect(added).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('turns more tiles than one axis of a grid may have', async () => {
    const shape = [33_000, 8, 9];
    const x = quarters(shape);
    const [y] = await runOp(gpu, 'permute', [x], [[33_000, 9, 8]], { axes: [0, 2, 1] });
    const wrong = y!.findIndex((value, i) => {
      const [n, r, c] = [Math.floor(i / 72), i % 8, Math.floor((i % 72) / 8)];
      return value !== x.values[72 * n + 9 * r + c];
    });
    expect(wrong).toBe(-1);
  });

  it('joins many inputs of very different sizes in as few dispatches as bindings allow', async () => {
    const samples = Array.from({ length: 31 }, (_, i) => quarters([i % 5 === 2 ? 3001 + i : 1 + (i % 9)], i));
    const total = samples.reduce((sum, { values }) => sum + values.length, 0);
    const { values, dispatches } = await run(
      'concat',
      samples,
      [total],
      { axis: 0 },
      new Array(31).fill('f32'),
    );
    expect(values).toEqual(samples.flatMap((sample) => Array.from(sample.values)));
    const most = Math.min(15, (gpu.adapter.limits.maxStorageBuffersPerShaderStage ?? 8) - 1);
    expect(dispatches).toBe(Math.ceil(31 / most));
  });

  it('refuses more axes than can be walked along', async () => {
    const rank = 20;
    const x = quarters(Array.from({ length: rank }, (_, i) => (i % 2 ? 1 : 2)));
    const y = Array.from({ length: rank }, () => 2);
    const attributes = { shape: y };
    await expect(runOp(gpu, 'broadcastTo', [x], [y], attributes)).rejects.toThrow(/20 axes.*at most 8/);
  });
});
