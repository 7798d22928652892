import { DeviceError, StateError } from '../../base/errors.ts';
import { Heap } from './memory.ts';
import { startThreads, type Threads } from './threads.ts';
import { wasmBase64 } from './wasm-binary.ts';

const MAX_INTEGERS = 128;
const MAX_FLOATS = 16;
const ARGS_BYTES = MAX_INTEGERS * 4 + MAX_FLOATS * 8;
const CONTROL_BYTES = 576;
/** Offset of the job's description in the control block; see wasm/worker.ts. */
const JOB = 384;
/** Jobs with less work than this (about 10 µs) are not worth waking anybody. */
const ALONE_BELOW = 40_000;

export interface LaunchOptions {
  /** Bytes of scratch each thread needs. */
  readonly scratch?: number;
  /** About how many vector-free operations the whole job is; small jobs stay on the calling thread. */
  readonly work?: number;
}

interface Exports {
  readonly table: WebAssembly.Table;
  runJob(control: number): number;
  runAlone(control: number): void;
  stop(control: number): void;
}

/**
 * One WASM module over one shared memory, and threads to run its kernels. A kernel is an exported function
 * `(args, piece, scratch)`; `launch` calls it once for every piece, in any order on any thread. Pieces must depend on
 * shapes only and must not share outputs; then results do not depend on the number of threads.
 */
export class Machine {
  readonly heap: Heap;
  readonly threads: number;
  private readonly exports: Exports;
  private readonly kernels: ReadonlyMap<string, number>;
  private readonly control: number;
  private readonly args: number;
  private workers: Threads | undefined;
  private temporaries: number[] = [];
  private scratch = 0;
  private scratchBytes = 0;

  private constructor(
    instance: WebAssembly.Instance,
    kernels: ReadonlyMap<string, number>,
    memory: WebAssembly.Memory,
    threads: number,
  ) {
    this.exports = instance.exports as unknown as Exports;
    this.kernels = kernels;
    this.threads = threads;
    this.heap = new Heap(memory, (instance.exports.heapBase as () => number)());
    this.control = this.heap.allocate(CONTROL_BYTES);
    this.args = this.heap.allocate(ARGS_BYTES);
    this.heap.i32.fill(0, this.control / 4, (this.control + CONTROL_BYTES) / 4);
  }

  static async start(threads: number): Promise<Machine> {
    const module = await WebAssembly.compile(decodeBase64(wasmBase64));
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    const machine = new Machine(instance, fillTable(module, instance), memory, threads);
    const tasks = Array.from({ length: threads - 1 }, (_, i) => {
      return { module, memory, control: machine.control, thread: i + 1 };
    });
    machine.workers = await startThreads(tasks);
    return machine;
  }

  /**
   * Calls `kernel` for every piece and returns when all are done.
   * @param integers addresses, counts, sizes: what `arg(args, i)` reads in the kernel.
   * @param floats what `argF(args, i)` and `argD(args, i)` read.
   */
  launch(
    kernel: string,
    pieces: number,
    integers: readonly number[],
    floats: readonly number[] = [],
    options: LaunchOptions = {},
  ): void {
    if (pieces <= 0) return;
    const index = this.kernels.get(kernel);
    if (index === undefined || integers.length > MAX_INTEGERS || floats.length > MAX_FLOATS) {
      throw new StateError(
        'cpu/bad-launch',
        `cpu: cannot launch ${kernel} with ${integers.length} integers and ${floats.length} floats`,
      );
    }
    const scratch = this.ensureScratch(options.scratch ?? 0);
    const { i32, f64 } = this.heap;
    const args = this.args / 4;
    for (let i = 0; i < integers.length; i++) i32[args + i] = integers[i]!;
    for (let i = 0; i < floats.length; i++) f64[(this.args + 4 * MAX_INTEGERS) / 8 + i] = floats[i]!;
    const job = (this.control + JOB) / 4;
    i32[job] = index;
    i32[job + 1] = this.args;
    i32[job + 2] = pieces;
    i32[job + 3] = scratch;
    i32[job + 4] = this.scratchBytes;
    // Many small pieces are taken several at a time: fewer fights over the counter.
    i32[job + 5] = Math.floor(pieces / (16 * this.threads));
    if (pieces === 1 || this.threads === 1 || (options.work ?? Infinity) < ALONE_BELOW) {
      this.exports.runAlone(this.control);
    } else if (this.exports.runJob(this.control) === 0) {
      throw new DeviceError('cpu/trap', `cpu: ${kernel} failed in a worker`, 'This is a bug in the kernel');
    }
  }

  /** Address of a block that lasts until the present op is done. */
  temporary(bytes: number): number {
    const address = this.heap.allocate(bytes);
    this.temporaries.push(address);
    return address;
  }

  releaseTemporaries(): void {
    for (const address of this.temporaries) this.heap.release(address);
    this.temporaries.length = 0;
  }

  async close(): Promise<void> {
    this.exports.stop(this.control);
    await this.workers?.close();
  }

  /** One block for all threads, at least `bytes` each; kept for the next job. */
  private ensureScratch(bytes: number): number {
    if (bytes > this.scratchBytes) {
      if (this.scratch) this.heap.release(this.scratch);
      this.scratch = 0;
      this.scratchBytes = 0;
      // A multiple of cache lines but not of pages, so that threads do not share lines or cache sets.
      const stride = Math.ceil(bytes / 4096) * 4096 + 320;
      this.scratch = this.heap.allocate(stride * this.threads);
      this.scratchBytes = stride;
    }
    return this.scratch;
  }
}

/** Puts every exported function into the table; the order is the module's, the same in every thread. */
function fillTable(module: WebAssembly.Module, instance: WebAssembly.Instance): Map<string, number> {
  const table = instance.exports.table as WebAssembly.Table;
  const indices = new Map<string, number>();
  for (const { name, kind } of WebAssembly.Module.exports(module)) {
    if (kind !== 'function') continue;
    const index = table.grow(1);
    table.set(index, instance.exports[name]);
    indices.set(name, index);
  }
  return indices;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
