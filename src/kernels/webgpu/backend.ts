/**
 * The `webgpu` backend: float32 kernels in hand-written WGSL (`wgsl/`), in browsers and, through Dawn, in Node.
 *
 * Ops are recorded and submitted together: by `flush`, and by `download` and `synchronise`, which wait. Within a
 * batch there is one encoder and one compute pass; buffers, bind groups and pipelines of a step that looks like the
 * one before exist already. Pipelines are made asynchronously; a batch that needs one waits for it.
 *
 * To add a kernel, take `unary` as the pattern:
 *  1. `wgsl/<name>.wgsl`: a header that says how it works, what limits it and what it beats. `T0`, `T1` … are the
 *     types of the buffers as bound, inputs first: load with `f32(x[i])` or `vec4f(x[i])`, compute in float32, store
 *     with `T1(…)`. Buffers are at least 256 bytes and padded to whole vec4s: loads and stores may run on to the end
 *     of a vec4. Outputs hold anything beforehand. No float atomics: results are the same every time.
 *  2. `<family>.ts`: a `WebgpuKernel<'op'>` that chooses sizes and calls `gpu.dispatch`, once or more.
 *  3. `table.ts`: one line.
 *  4. `node scripts/build.mjs wgsl`.
 * Shapes that hardly change (kernel sizes, tile sizes, flags) are `override` constants or `$PLACEHOLDERS`, at the
 * price of a pipeline each; batch and image sizes are fields of the uniform.
 */
import { DeviceError, formatShape, StateError } from '../../base/errors.ts';
import type { Backend, Buffer, DType, Operand, Values } from '../backend.ts';
import type { KernelName, OpAttributes } from '../ops.ts';
import { WebgpuBuffer } from './buffer.ts';
import { type AdapterDescription, requestAdapter, requestDevice, type WebgpuOptions } from './device.ts';
import { fromHalf } from './half.ts';
import type { Dispatch, Gpu, View, WebgpuKernel } from './kernel.ts';
import { atExit } from './open.ts';
import { Pipelines } from './pipelines.ts';
import { Pool } from './pool.ts';
import { Profiler, type Timing } from './profiler.ts';
import { type Binding, lost, Queue } from './queue.ts';
import { halfOutputs } from './storage.ts';
import { kernels } from './table.ts';
import { MOST_FIELDS, Uniforms } from './uniforms.ts';

export type { AdapterDescription, Timing, WebgpuOptions };

/** What has been asked of the device since it was opened: for tests of the steady state and for benchmarks. */
export interface Counters {
  readonly submits: number;
  readonly dispatches: number;
  readonly buffers: number;
  readonly bindGroups: number;
  readonly pipelines: number;
  readonly bytes: number;
}

export interface WebgpuBackend extends Backend {
  readonly name: 'webgpu';
  readonly adapter: AdapterDescription;
  /** How activations of the forward pass are kept. */
  readonly storage: 'f32' | 'f16';
  readonly counters: Counters;
  /** Of every dispatch since the last call, where `profile` was asked for. */
  timings(): Promise<Timing[]>;
}

/** Commands after which a batch is submitted without being asked for. */
const LONGEST_BATCH = 4096;

/**
 * Opens a GPU.
 * @throws DeviceError `webgpu/missing`, `webgpu/binding`, `webgpu/no-adapter`, `webgpu/software`, `webgpu/device`,
 * `webgpu/feature`
 */
export async function webgpu(options: WebgpuOptions = {}): Promise<WebgpuBackend> {
  const { adapter, description } = await requestAdapter(options);
  const device = await requestDevice(adapter, options.without);
  const missing =
    options.storage === 'f16' && !device.features.has('shader-f16')
      ? 'shader-f16'
      : options.profile && !device.features.has('timestamp-query')
        ? 'timestamp-query'
        : null;
  if (missing) {
    device.destroy();
    throw new DeviceError('webgpu/feature', `webgpu: the adapter does not have ${missing}`);
  }
  return new DeviceBackend(device, description, options);
}

class DeviceBackend implements WebgpuBackend, Gpu {
  readonly name = 'webgpu';
  readonly adapter: AdapterDescription;
  readonly storage: 'f32' | 'f16';
  readonly subgroups: boolean;
  readonly limits: GPUSupportedLimits;
  private readonly device: GPUDevice;
  private readonly options: WebgpuOptions;
  private readonly pool: Pool;
  private readonly pipelines: Pipelines;
  private readonly queue: Queue;
  private readonly profiler: Profiler | null;
  private buffers = 0;
  private bytes = 0;
  private readonly unregister: () => void;
  private closed = false;
  private failure: unknown = null;
  /** Of the op that is being run. */
  private op = '';
  private describe: () => string = () => this.op;
  private temporaries: WebgpuBuffer[] = [];

  constructor(device: GPUDevice, adapter: AdapterDescription, options: WebgpuOptions) {
    this.device = device;
    this.adapter = adapter;
    this.options = options;
    this.storage = options.storage ?? 'f32';
    this.subgroups = device.features.has('subgroups');
    this.limits = device.limits;
    const fail = (error: unknown) => void (this.failure ??= error);
    const uniforms = new Uniforms(device);
    this.profiler = options.profile ? new Profiler(device) : null;
    this.pool = new Pool(device, fail, () => this.describe());
    this.pipelines = new Pipelines(device);
    this.queue = new Queue(device, uniforms, this.profiler, fail, (batch) => this.pool.begin(batch));
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault(); // Dawn would print it.
      const { message } = (event as GPUUncapturedErrorEvent).error;
      fail(new DeviceError('webgpu/validation', `webgpu: ${message}`, 'This is an error in a kernel'));
    });
    void device.lost.then(({ message }) => {
      if (!this.closed) fail(lost(message, this.describe()));
    });
    this.unregister = atExit(() => device.destroy());
  }

  get counters(): Counters {
    const { queue, pool, pipelines } = this;
    return {
      submits: queue.submits,
      dispatches: queue.dispatches,
      buffers: pool.created,
      bindGroups: queue.bindGroupCount,
      pipelines: pipelines.count,
      bytes: pool.bytes,
    };
  }

  timings(): Promise<Timing[]> {
    return this.profiler?.take() ?? Promise.resolve([]);
  }

  allocate(count: number, dtype: DType): Buffer {
    this.check();
    this.buffers++;
    this.bytes += 4 * count;
    return new WebgpuBuffer(this, this.pool, count, dtype);
  }

  view(buffer: Buffer, start: number, count: number): Buffer {
    const own = this.own(buffer, () => `view of ${count} values`);
    return new WebgpuBuffer(this, this.pool, count, own.dtype, own, own.offset + own.bytesOf(start));
  }

  free(buffer: Buffer): void {
    if (this.closed) return;
    const own = this.own(buffer, () => 'free');
    own.live = false;
    own.release();
    this.buffers--;
    this.bytes -= 4 * own.count;
  }

  upload(buffer: Buffer, values: ArrayLike<number>): void {
    this.describe = () => `upload of ${values.length} values`;
    const own = this.own(buffer, this.describe);
    if (values.length !== own.count) {
      throw new StateError('webgpu/upload', `webgpu: ${values.length} values for a buffer of ${own.count}`);
    }
    own.become(own.dtype === 'int32' ? 'i32' : 'f32');
    const data = own.dtype === 'int32' ? new Int32Array(values) : new Float32Array(values);
    const { batch, submitted } = this.queue;
    const block = own.blockForUpload(submitted);
    block.batch = batch.number;
    batch.commands.push({ kind: 'upload', block, offset: own.offset, data });
  }

  async download(buffer: Buffer, count: number): Promise<Values> {
    this.describe = () => `download of ${count} values`;
    const own = this.own(buffer, this.describe);
    const { block, offset, storage } = own; // A later op may change them before this is read.
    const bytes = 4 * Math.ceil(own.bytesOf(count) / 4);
    const staging = this.pool.takeStaging(bytes);
    const { batch } = this.queue;
    block.batch = batch.number;
    batch.commands.push({ kind: 'read', block, offset, bytes, staging });
    await this.queue.flush();
    this.check();
    try {
      await staging.mapAsync(1, 0, bytes);
    } catch (error) {
      this.check();
      throw lost(error instanceof Error ? error.message : String(error), this.describe());
    }
    await this.queue.verdict;
    this.check();
    const copy = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    this.pool.giveStaging(staging);
    if (storage === 'f16') return fromHalf(new Uint16Array(copy, 0, count));
    return storage === 'i32' ? new Int32Array(copy) : new Float32Array(copy);
  }

  run<K extends KernelName>(
    op: K,
    inputs: readonly Operand[],
    outputs: readonly Operand[],
    attributes: OpAttributes[K],
  ): void {
    this.check();
    const kernel = kernels[op] as WebgpuKernel<K> | undefined;
    if (!kernel) throw new StateError('webgpu/no-kernel', `webgpu: no kernel for ${op}`);
    this.op = op;
    this.describe = () => `${op} ${inputs.map(({ shape }) => formatShape(shape)).join(' ')}`;
    const inputViews = inputs.map((operand) => this.viewOf(operand));
    const outputViews = outputs.map((operand) => this.viewOf(operand));
    if (this.options.storage === 'f16') {
      for (const i of halfOutputs(op)) {
        const buffer = outputViews[i]?.buffer;
        if (buffer && !buffer.isView) buffer.become('f16'); // What holds a view is read as it was made.
      }
    }
    try {
      kernel(this, inputViews, outputViews, attributes);
    } finally {
      for (const temporary of this.temporaries) temporary.release();
      this.temporaries = [];
    }
    if (this.queue.batch.commands.length >= LONGEST_BATCH) void this.queue.flush();
  }

  async flush(): Promise<void> {
    this.check();
    await this.queue.flush();
    this.check();
  }

  async synchronise(): Promise<void> {
    await this.flush();
    await this.device.queue.onSubmittedWorkDone().catch(() => {});
    await this.queue.verdict;
    this.check();
  }

  memory(): { readonly buffers: number; readonly bytes: number } {
    return { buffers: this.buffers, bytes: this.bytes };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.buffers = 0;
    this.bytes = 0;
    this.unregister();
    this.device.destroy();
    await this.device.lost;
  }

  // ---- What kernels see ---------------------------------------------------------------------------------------

  dispatch(dispatch: Dispatch): void {
    const { shader, defines, constants, inputs, outputs, integers = [], floats = [], workgroups } = dispatch;
    this.checkDispatch(integers.length + floats.length, workgroups);
    const { batch } = this.queue;
    const program = this.pipelines.get(
      { shader, defines, constants, inputs: inputs.map(storageOf), outputs: outputs.map(storageOf) },
      this.describe,
    );
    if (!program.pipeline) batch.waiting.add(program);
    const bindings: Binding[] = [];
    for (const views of [inputs, outputs]) {
      for (const { buffer } of views) {
        const { block } = buffer;
        block.batch = batch.number;
        bindings.push(
          buffer.isView
            ? { block, offset: buffer.offset, size: 16 * Math.ceil(buffer.bytes / 16) }
            : { block, offset: 0, size: 0 },
        );
      }
    }
    const uniform = batch.uniforms.add(integers, floats);
    const { op, describe } = this;
    batch.commands.push({ kind: 'dispatch', program, bindings, uniform, workgroups, op, describe });
  }

  temporary(count: number, dtype: DType = 'float'): View {
    const buffer = new WebgpuBuffer(this, this.pool, count, dtype);
    this.temporaries.push(buffer);
    return { buffer, shape: [count], dtype };
  }

  private checkDispatch(fields: number, workgroups: Dispatch['workgroups']): void {
    const most = this.limits.maxComputeWorkgroupsPerDimension;
    if (fields > MOST_FIELDS)
      throw new StateError('webgpu/uniform', `webgpu: ${this.op}: ${fields} parameters`);
    const [x, y, z] = workgroups;
    if (Math.min(x, y, z) > 0 && Math.max(x, y, z) <= most) return;
    throw new DeviceError(
      'webgpu/too-large',
      `webgpu: ${this.describe()} needs ${workgroups.join(' × ')} workgroups, the device allows ${most} an axis`,
      'Use a smaller --batch-size',
    );
  }

  // ---- Checks -------------------------------------------------------------------------------------------------

  private viewOf({ buffer, shape }: Operand): View {
    return { buffer: this.own(buffer, this.describe), shape, dtype: buffer.dtype };
  }

  /** @param describe who asks, for errors */
  private own(buffer: Buffer, describe: () => string): WebgpuBuffer {
    this.check();
    if (!(buffer instanceof WebgpuBuffer) || buffer.owner !== this) {
      throw new StateError(
        'webgpu/foreign-buffer',
        `webgpu: ${describe()}: a buffer belongs to another backend`,
        'Download and upload it',
      );
    }
    if (!buffer.live) {
      throw new StateError(
        'webgpu/freed',
        `webgpu: ${describe()}: a buffer of ${buffer.count} values is used after it was freed`,
      );
    }
    return buffer;
  }

  private check(): void {
    if (this.closed) throw new StateError('webgpu/closed', 'webgpu: the backend has been closed');
    if (this.failure) throw this.failure;
  }
}

function storageOf({ buffer }: View) {
  return buffer.storage;
}
