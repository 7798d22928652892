import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cpu, normal, scope, uniformValues } from 'pcg-engine';
import { type Contestant, contest, type Missing } from './harness.ts';
import { largestDifference, writeFloats } from './network.ts';
import { type Bench, glanceOf, lighter, type Question, threadsOf } from './question.ts';
import { timed } from './timed.ts';

const SIZE = 512;

interface GpuJs {
  GPU: new (options: {
    mode?: string;
  }) => {
    createKernel(body: unknown, options: { output: number[]; constants: Record<string, number> }): Kernel;
    destroy(): Promise<void>;
  };
}
type Kernel = ((a: Float32Array[], b: Float32Array[]) => unknown) & { kernel?: object };

/** Its names of WebGPU, WebAssembly and plain JavaScript. */
const MODES = ['webgpu', 'webasm', 'cpu'] as const;

/** gpu.js in one of its modes. It may pick something else without saying so, and so what ran is recorded. */
async function gpuJs(
  mode: (typeof MODES)[number],
  [a, b]: readonly Float32Array[][],
  expected: ArrayLike<number>,
  noGpu: () => Promise<string | null>,
): Promise<Contestant | Missing> {
  let name = `gpu.js ${mode}`;
  try {
    const require = createRequire(join(process.cwd(), 'package.json'));
    const { version } = require('gpu.js/package.json') as { version: string };
    name = `gpu.js ${version} ${mode}`;
    const reason = mode === 'webgpu' ? await noGpu() : null;
    if (reason !== null) return { name, missing: reason };
    const gpu = new (require('gpu.js') as GpuJs).GPU({ mode });
    // gpu.js reads the source of this function: it must stay plain.
    const body = new Function(
      'a',
      'b',
      'let sum = 0; for (let i = 0; i < this.constants.size; i++) { sum += a[this.thread.y][i] * b[i][this.thread.x]; } return sum;',
    );
    const kernel = gpu.createKernel(body, { output: [SIZE, SIZE], constants: { size: SIZE } });
    const first = (await kernel(a!, b!)) as Float32Array[];
    name = `${name} (ran ${kernel.kernel?.constructor.name ?? 'an unknown kernel'})`;
    const error = largestDifference(
      first.flatMap((row) => Array.from(row)),
      expected,
    );
    if (!(error < 1e-4)) return { name, missing: `gives another product, off by ${error}` };
    return timed(
      name,
      () => kernel(a!, b!),
      () => gpu.destroy(),
    );
  } catch (error) {
    return { name, missing: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
}

/** PyTorch's product, once it has been ours. */
async function torch(bench: Bench, values: readonly Float32Array[], expected: ArrayLike<number>) {
  const python = await bench.python();
  if (typeof python === 'string') return [{ name: 'PyTorch', missing: python }];
  const [a, b] = values.map((v, i) => writeFloats(bench.scratch, `matrix-${i}.f32`, v));
  const output = join(bench.scratch, 'product.f32');
  await python.ask({ command: 'matmul', a, b, size: SIZE, output });
  const bytes = readFileSync(output);
  const error = largestDifference(
    new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4),
    expected,
  );
  return [2, 1].map((threads) => {
    const name = `PyTorch ${python.versions.torch}, ${threadsOf(threads)}`;
    return error < 1e-5
      ? python.contestant(name, { task: 'matmul', threads, a, b, size: SIZE })
      : { name, missing: `gives another product, off by ${error}` };
  });
}

export const matmulQuestion: Question = {
  name: 'matmul',
  title: 'Matrix product',
  method: `Two ${SIZE}×${SIZE} matrices of float32 that are there already, to one. PyTorch from tensors to a tensor, gpu.js from and to nested arrays, as it is used, on one thread.`,
  async *run(bench) {
    const values = [1, 2].map((seed) => Float32Array.from(uniformValues(SIZE * SIZE, { seed })));
    const nested = values.map((v) =>
      Array.from({ length: SIZE }, (_, i) => v.slice(i * SIZE, (i + 1) * SIZE)),
    );
    const contestants: (Contestant | Missing)[] = [];
    let expected: ArrayLike<number> = [];
    for (const threads of [2, 1]) {
      const backend = await cpu({ threads });
      const [x, y] = values.map((_, i) => normal([SIZE, SIZE], { seed: i + 1, backend }));
      values.forEach((v, i) => {
        backend.upload([x, y][i]!.storage.buffer, v);
      });
      expected = await scope(() => x!.matmul(y!).data());
      const name = `pcg-engine, ${threads} thread${threads > 1 ? 's' : ''}`;
      contestants.push(
        timed(
          name,
          () => scope(() => void x!.matmul(y!)),
          () => backend.close(),
        ),
      );
    }
    contestants.push(...(await torch(bench, values, expected)));
    for (const mode of MODES) contestants.push(await gpuJs(mode, nested, expected, bench.noGpu));
    const rows = await contest(contestants, lighter(bench));
    const gflop = (2 * SIZE ** 3) / 1e9;
    yield {
      title: `Matrix product ${SIZE}×${SIZE}×${SIZE}`,
      rows,
      glance: glanceOf(
        `Matrix product ${SIZE}³, 2 threads`,
        rows
          .filter(({ name }) => !name.endsWith('1 thread'))
          .map((row) => (row.name.startsWith('gpu.js') ? { ...row, name: `${row.name}, 1 thread` } : row)),
      ),
      notes: rows.flatMap(({ name, median }) =>
        median ? [`${name}: ${((1e3 * gflop) / median).toFixed(1)} GFLOP/s.`] : [],
      ),
    };
  },
};
