/** TensorFlow.js on its WebGPU backend, over the same binding and the same adapter as ours. */
import { requestAdapter } from '../../src/kernels/webgpu/device.ts';
import { openGpu } from '../../src/kernels/webgpu/open.ts';
import type { BatchValues, WeightIndex } from '../gpu/training-step.ts';
import type { Steps } from '../gpu/turns.ts';
import type { Optimizer, Tensor, Tf, Variable } from './tfjs-load.mjs';
import { layoutOf, networks } from './tfjs-models.ts';

/** Limits and features that tfjs asks for itself in a browser. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

export class TfjsRun {
  private readonly tf: Tf;
  private readonly step: (drop: boolean) => Tensor;
  private readonly release: () => void;

  private constructor(tf: Tf, step: TfjsRun['step'], release: () => void) {
    this.tf = tf;
    this.step = step;
    this.release = release;
  }

  get version(): string {
    return this.tf.version_core;
  }

  /** @returns the reason where it cannot be had */
  static async start(
    model: string,
    index: WeightIndex,
    weights: Float32Array,
    batch: BatchValues,
    dawn: readonly string[],
  ): Promise<TfjsRun | string> {
    let loaded: typeof import('./tfjs-load.mjs');
    try {
      loaded = await import('./tfjs-load.mjs');
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const { tf, WebGPUBackend } = loaded;
    const gpu = await openGpu(dawn);
    const globals = globalThis as Record<string, unknown>;
    // What it looks for in a browser.
    Object.defineProperty(globals, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
    globals.WorkerGlobalScope ??= class {};
    Object.assign(globals, (await import('webgpu')).globals);
    const { adapter } = await requestAdapter({ dawn });
    const device = await adapter.requestDevice({
      requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
      requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
    });
    let complaint = '';
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      complaint ||= (event as GPUUncapturedErrorEvent).error.message.split('\n')[0]!;
    });
    const backend = new WebGPUBackend(device, adapter.info);
    // Its kernels are known under this name. Imported before there is anything of a browser, it registers none itself.
    tf.registerBackend('webgpu', () => backend);
    await tf.setBackend('webgpu');
    await tf.ready();
    const { step, optimizer } = build(tf, model, index, weights, batch);
    const checked = (drop: boolean) => {
      if (complaint) throw new Error(`tfjs: ${complaint}`);
      return step(drop);
    };
    return new TfjsRun(tf, checked, () => {
      optimizer.dispose();
      tf.removeBackend('webgpu');
      device.destroy();
    });
  }

  async losses(count: number): Promise<number[]> {
    const losses: number[] = [];
    for (let i = 0; i < count; i++) {
      const loss = this.step(false);
      losses.push((await loss.data())[0]!);
      loss.dispose();
    }
    return losses;
  }

  /** The last loss is read, which waits for all steps: tfjs has no other way to submit what it has recorded. */
  readonly steps: Steps = async (count) => {
    for (let i = 1; i < count; i++) this.step(true).dispose();
    const loss = this.step(true);
    await loss.data();
    loss.dispose();
  };

  close(): void {
    this.release();
  }
}

/** Adam without decay is the nearest that tfjs has: fewer ops than AdamW, so not to its disadvantage. */
function build(tf: Tf, model: string, index: WeightIndex, weights: Float32Array, batch: BatchValues) {
  const variables = new Map<string, Variable>();
  const trainable: Variable[] = [];
  let at = 0;
  for (const { path, shape, count } of index) {
    const ours = layoutOf(path, shape, weights.subarray(at, at + count));
    at += count;
    const trained = !path.includes('running_');
    const variable = tf.variable(tf.tensor(ours.values, ours.shape), trained, `${path}-${performance.now()}`);
    variables.set(path, variable);
    if (trained) trainable.push(variable);
  }
  const [n, , h, w] = batch.shape as [number, number, number, number];
  const x = tf.tensor(batch.x, [n, h, w, 1]); // one channel: the same order
  const goal = tf.tidy(() => tf.oneHot(tf.tensor(batch.labels, [n], 'int32'), 2));
  const optimizer: Optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const network = networks[model];
  if (!network) throw new Error(`tfjs: there is no ${model}`);
  const step = (drop: boolean) =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => {
        const logits = network(tf, variables, x, drop);
        return tf.mean(tf.neg(tf.sum(tf.mul(goal, tf.logSoftmax(logits)), 1)));
      }, trainable);
      optimizer.applyGradients(grads);
      return value;
    });
  return { step, optimizer };
}
