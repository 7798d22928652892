/** TensorFlow.js on its WebGPU backend, over the same binding and the same adapter as ours. */
import { requestAdapter } from '../../src/kernels/webgpu/device.ts';
import { openGpu } from '../../src/kernels/webgpu/open.ts';
import type { BatchValues, WeightIndex } from '../gpu/training-step.ts';
import type { Steps } from '../gpu/turns.ts';
import type { Tensor, Tf } from './tfjs-load.mjs';
import { trainingStep } from './tfjs-step.ts';
import type { Values } from './weights.ts';

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
    const { step, close } = trainingStep(tf, model, split(index, weights), batch);
    const checked = (drop: boolean) => {
      if (complaint) throw new Error(`tfjs: ${complaint}`);
      return step(drop);
    };
    return new TfjsRun(tf, checked, () => {
      close();
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

function split(index: WeightIndex, weights: Float32Array): Map<string, Values> {
  let at = 0;
  return new Map(
    index.map(({ path, shape, count }) => [path, { shape, values: weights.subarray(at, (at += count)) }]),
  );
}
