/**
 * The `cpu` backend: float32 kernels in WebAssembly SIMD (AssemblyScript, compiled by scripts/build.mjs), one thread a
 * core over one shared memory. Results have the same bits on every machine and for every number of threads.
 *
 * To add a kernel, take `affine` as the pattern:
 *  1. `wasm/<family>.ts`: `export function name(args: usize, piece: i32, scratch: usize): void`; it reads its
 *     arguments with `arg`, `argF` (wasm/args.ts) and does one piece of the work. The family is exported in
 *     `wasm/index.ts`. Names are unique over all families; whatever is exported can be launched.
 *  2. `<family>.ts`: a `CpuKernel<'op'>` that lays out the arguments and calls `machine.launch(name, pieces, integers,
 *     floats, { work, scratch })`. An op may launch several jobs one after the other; `machine.temporary(bytes)` gives
 *     it memory until it is done; each thread has `scratch` bytes of its own that hold anything at first.
 *  3. `table.ts`: one line.
 *  4. `node scripts/build.mjs wasm`.
 *
 * The rules that keep the bits: pieces depend on shapes and never on `machine.threads`; a piece writes only what no
 * other piece reads or writes; a reduction over pieces goes through a temporary with a slot for each piece, summed in a
 * fixed order by a second job. Outputs hold anything beforehand: write every element. Vector *loads* may run up to 256
 * bytes past a buffer; stores may not. Addresses reach 4 GiB: unsigned `usize` in WASM, plain numbers in TypeScript.
 */
import { StateError, UsageError } from '../../base/errors.ts';
import type { Backend, Buffer, DType, Operand, Values } from '../backend.ts';
import type { KernelName, OpAttributes } from '../ops.ts';
import type { CpuKernel, View } from './kernel.ts';
import { Machine } from './machine.ts';
import { PackedForms } from './packedforms.ts';
import { kernels } from './table.ts';
import { availableThreads } from './threads.ts';

export interface CpuOptions {
  /** Threads that compute, the calling one included; by default one for every core. At most 64. */
  readonly threads?: number;
}

/** Starts the cpu backend. */
export async function cpu(options: CpuOptions = {}): Promise<Backend> {
  const threads = options.threads ?? Math.min(64, await availableThreads());
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new UsageError('cpu/threads', `cpu: threads is ${threads}`, 'Give a whole number from 1 to 64');
  }
  return new CpuBackend(await Machine.start(threads));
}

class CpuBuffer implements Buffer {
  readonly owner: CpuBackend;
  readonly address: number;
  readonly count: number;
  readonly dtype: DType;
  /** Shared with its views. */
  readonly forms: PackedForms;
  live = true;

  constructor(owner: CpuBackend, address: number, count: number, dtype: DType, forms: PackedForms) {
    this.owner = owner;
    this.address = address;
    this.count = count;
    this.dtype = dtype;
    this.forms = forms;
  }
}

class CpuBackend implements Backend {
  readonly name = 'cpu';
  private readonly machine: Machine;
  private buffers = 0;
  private bytes = 0;
  private closed = false;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  allocate(count: number, dtype: DType): Buffer {
    this.checkOpen();
    const { heap } = this.machine;
    const buffer = new CpuBuffer(this, heap.allocate(4 * count), count, dtype, new PackedForms(heap));
    this.buffers++;
    this.bytes += 4 * count;
    return buffer;
  }

  free(buffer: Buffer): void {
    if (this.closed) return;
    const own = this.own(buffer);
    own.live = false;
    own.forms.clear();
    this.machine.heap.release(own.address);
    this.buffers--;
    this.bytes -= 4 * own.count;
  }

  upload(buffer: Buffer, values: ArrayLike<number>): void {
    const { address, count, forms } = this.own(buffer);
    if (values.length !== count) {
      throw new StateError('cpu/upload', `cpu: ${values.length} values for a buffer of ${count}`);
    }
    forms.clear();
    this.array(buffer.dtype).set(values, address / 4);
  }

  async download(buffer: Buffer, count: number): Promise<Values> {
    const { address, dtype } = this.own(buffer);
    // slice() of a view of shared memory is a copy in ordinary memory.
    return this.array(dtype).slice(address / 4, address / 4 + count);
  }

  run<K extends KernelName>(
    op: K,
    inputs: readonly Operand[],
    outputs: readonly Operand[],
    attributes: OpAttributes[K],
  ): void {
    this.checkOpen();
    const kernel = kernels[op] as CpuKernel<K> | undefined;
    if (!kernel) throw new StateError('cpu/no-kernel', `cpu: no kernel for ${op}`);
    const inputViews = inputs.map((operand) => this.viewOf(operand));
    const outputViews = outputs.map((operand) => this.viewOf(operand));
    try {
      kernel(this.machine, inputViews, outputViews, attributes);
    } finally {
      for (const { forms } of outputViews) forms?.clear();
      this.machine.releaseTemporaries();
    }
  }

  view(buffer: Buffer, start: number, count: number): Buffer {
    const { address, dtype, forms } = this.own(buffer);
    return new CpuBuffer(this, address + 4 * start, count, dtype, forms);
  }

  /** Nothing to hand over or to wait for: `run` returns when the op is done. */
  async flush(): Promise<void> {}
  async synchronise(): Promise<void> {}

  memory(): { readonly buffers: number; readonly bytes: number } {
    return { buffers: this.buffers, bytes: this.bytes };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.buffers = 0;
    this.bytes = 0;
    await this.machine.close();
  }

  private array(dtype: DType): Float32Array | Int32Array {
    return dtype === 'int32' ? this.machine.heap.i32 : this.machine.heap.f32;
  }

  private viewOf({ buffer, shape }: Operand): View {
    const { address, dtype, forms } = this.own(buffer);
    return { address, shape, dtype, forms };
  }

  private own(buffer: Buffer): CpuBuffer {
    this.checkOpen();
    if (!(buffer instanceof CpuBuffer) || buffer.owner !== this) {
      throw new StateError(
        'cpu/foreign-buffer',
        'cpu: this buffer belongs to another backend',
        'Download and upload it',
      );
    }
    if (!buffer.live) {
      throw new StateError('cpu/freed', `cpu: a buffer of ${buffer.count} values is used after it was freed`);
    }
    return buffer;
  }

  private checkOpen(): void {
    if (this.closed) throw new StateError('cpu/closed', 'cpu: the backend has been closed');
  }
}
