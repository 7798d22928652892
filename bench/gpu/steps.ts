/** Kernels of one op as numbered steps from naive to fast: each checked, then timed. The story is in steps/README.md. */
import { normalValues, reference, sizeOf } from 'pcg-engine';
import type { Backend } from '../../src/kernels/backend.ts';
import type { KernelName } from '../../src/kernels/ops.ts';
import { type WebgpuBackend, webgpu } from '../../src/kernels/webgpu/backend.ts';
import type { WebgpuKernel } from '../../src/kernels/webgpu/kernel.ts';
import { shaders } from '../../src/kernels/webgpu/shaders.ts';
import { kernels } from '../../src/kernels/webgpu/table.ts';
import { quantile } from '../harness.ts';
import type { Ceilings } from './ceilings.ts';
import { dawnOptions } from './device.ts';
import type { Options } from './options.ts';
import { convolutions } from './steps/conv2d.ts';
import { matmuls } from './steps/matmul.ts';
import type { Problem, Steps } from './steps/step.ts';
import { weightGradients } from './steps/weight-gradient.ts';
import { workOf } from './work.ts';

export interface StepRow {
  readonly name: string;
  readonly missing?: string;
  /** µs */
  readonly time?: number;
  readonly gflops?: number;
  readonly gbs?: number;
  /** Of the measured rate of multiply-adds. */
  readonly ofCeiling?: number;
  /** Largest difference from `reference`, relative to its largest value. */
  readonly error?: number;
}

export interface StepsAnswer {
  readonly title: string;
  /** What is computed, in numbers. */
  readonly work: string;
  readonly rows: readonly StepRow[];
}

/** Float32 sums of some thousand products in another order. */
const TOLERANCE = 2e-5;

export async function stepsAnswers(options: Options, ceilings: Ceilings): Promise<StepsAnswer[]> {
  return [
    await answerOf(convolutions, options, ceilings),
    await answerOf(weightGradients, options, ceilings),
    await answerOf(matmuls, options, ceilings),
  ];
}

async function answerOf<K extends KernelName>(
  { op, title, steps, checked, timed }: Steps<K>,
  options: Options,
  ceilings: Ceilings,
): Promise<StepsAnswer> {
  const problem = options.quick ? checked[0]! : timed;
  const truth = reference();
  const expected = await Promise.all(checked.map((small) => valuesOf(op, small, truth)));
  await truth.close();
  const { flops, bytes } = workOfProblem(op, problem);
  // Float64 would take too long: the first step, which has been checked on small problems, is the measure.
  let first: ArrayLike<number> | null = null;
  const rows: StepRow[] = [];
  for (const { name, sources, kernel } of steps) {
    // One for each: what does not compile ends a backend.
    const backend = await webgpu({ dawn: dawnOptions(options.dawn), profile: true });
    const table = kernels as Record<string, WebgpuKernel<never> | undefined>;
    const shipped = table[op];
    try {
      Object.assign(shaders, sources);
      table[op] = (kernel as WebgpuKernel<never> | null) ?? shipped;
      let error = 0;
      for (const [i, small] of checked.entries()) {
        error = Math.max(error, difference(await valuesOf(op, small, backend), expected[i]!));
      }
      const large = await valuesOf(op, problem, backend);
      error = Math.max(error, difference(large, (first ??= large)));
      if (!(error <= TOLERANCE)) throw new Error(`gives other values, off by ${error}`);
      const time = await timeOf(op, problem, backend, options.quick ? 2 : 15);
      const gflops = flops / time / 1e3;
      rows.push({ name, time, gflops, gbs: bytes / time / 1e3, ofCeiling: gflops / ceilings.fma, error });
    } catch (error) {
      rows.push({ name, missing: (error as Error).message });
    } finally {
      table[op] = shipped;
      await backend.close();
    }
  }
  const shapes = problem.inputs.map((shape) => shape.join('×')).join(' and ');
  const work = `${shapes} → ${problem.output.join('×')}: ${(flops / 1e9).toFixed(3)} GFLOP, ${(bytes / 1e6).toFixed(2)} MB`;
  return { title, work, rows };
}

function workOfProblem<K extends KernelName>(op: K, { inputs, output, attributes }: Problem<K>) {
  const operand = (shape: readonly number[]) => ({ buffer: { count: 0, dtype: 'float' as const }, shape });
  return workOf(op, inputs.map(operand), [operand(output)], attributes);
}

const noises = new Map<string, Float32Array>();

/** float32 on every backend; made once, since it takes a while. */
function noise(count: number, seed: number): Float32Array {
  const key = `${count} ${seed}`;
  let values = noises.get(key);
  if (!values) noises.set(key, (values = Float32Array.from(normalValues(count, { seed }))));
  return values;
}

/** Runs the op on noise, `body` many times, and hands over its output. */
async function run<K extends KernelName, T>(
  op: K,
  { inputs, output, attributes }: Problem<K>,
  backend: Backend,
  body: (once: () => void, output: ReturnType<Backend['allocate']>) => Promise<T>,
): Promise<T> {
  const buffers = inputs.map((shape, i) => {
    const buffer = backend.allocate(sizeOf(shape), 'float');
    backend.upload(buffer, noise(sizeOf(shape), 11 + i));
    return buffer;
  });
  const result = backend.allocate(sizeOf(output), 'float');
  backend.upload(result, new Float32Array(sizeOf(output)).fill(Number.NaN));
  const operands = inputs.map((shape, i) => ({ buffer: buffers[i]!, shape }));
  try {
    return await body(
      () => backend.run(op, operands, [{ buffer: result, shape: output }], attributes),
      result,
    );
  } finally {
    for (const buffer of [...buffers, result]) backend.free(buffer);
  }
}

function valuesOf<K extends KernelName>(op: K, problem: Problem<K>, backend: Backend) {
  return run(op, problem, backend, (once, output) => {
    once();
    return backend.download(output, sizeOf(problem.output));
  });
}

/** µs of all dispatches of the op: the median of `runs`. */
function timeOf<K extends KernelName>(op: K, problem: Problem<K>, backend: WebgpuBackend, runs: number) {
  return run(op, problem, backend, async (once) => {
    await backend.synchronise();
    await backend.timings();
    for (let i = 0; i <= runs; i++) once();
    await backend.synchronise();
    const timings = await backend.timings();
    const each = timings.length / (runs + 1);
    const sums = Array.from({ length: runs }, (_, i) =>
      timings.slice((i + 1) * each, (i + 2) * each).reduce((sum, { nanoseconds }) => sum + nanoseconds, 0),
    );
    return quantile(sums, 0.5) / 1e3;
  });
}

function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [worst, scale] = [0, 1e-30];
  for (let i = 0; i < b.length; i++) {
    // Also where one is NaN.
    if (!(Math.abs(a[i]! - b[i]!) <= worst)) worst = Math.abs(a[i]! - b[i]!);
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  return worst / scale;
}
