/** What this machine can do at best in strict 128-bit SIMD, measured: ops are held against it. */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

const SOURCE = 'bench/ops/wasm/ceilings.ts';
const PAGE = 65536;
/** Seconds that a timed call takes: much longer than getting all threads to start. */
const CALL = 0.002;
/** Calls a turn, at least: several in a row do not all wait for a core. */
const LEAST = 3;
/** Where each thread has two vectors to compute with and room for one, 64 bytes; behind them what is copied. */
const CONSTANTS = 4096;
const DATA = CONSTANTS + 64 * 64;
/** Between two blocks, so that their addresses do not agree in the low twelve bits. */
const GAP = 2048 + 320;

/** Words that threads and host talk through, a cache line each; then eight for each thread: its kernel, arguments. */
const [SIGNAL, READY, DONE, TASKS] = [0, 16, 32, 48];
const KERNELS = ['peak', 'copy'] as const;

/** A call of one thread. */
interface Task {
  readonly kernel: (typeof KERNELS)[number];
  readonly numbers: readonly number[];
}

interface Exports {
  readonly FLOPS_A_ROUND: WebAssembly.Global;
  peak(at: number, rounds: number): void;
  copy(to: number, from: number, bytes: number, times: number): void;
}

/** Every thread says that it is there, waits for all, and computes; a task that has no kernel ends it. */
const workerSource = `
const { module, memory, words, thread, threads } = require('node:worker_threads').workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
for (let job = 0; ; job++) {
  Atomics.wait(words, ${SIGNAL}, job);
  const [kernel, ...numbers] = words.slice(${TASKS} + 8 * thread, ${TASKS} + 8 * thread + 5);
  if (kernel < 0) break;
  Atomics.add(words, ${READY}, 1);
  while (Atomics.load(words, ${READY}) < threads * (job + 1));
  exports[${JSON.stringify(KERNELS)}[kernel]](...numbers);
  Atomics.add(words, ${DONE}, 1);
}
`;

/** The module is compiled for the benchmark alone; nothing of it is in the package. */
async function compile(): Promise<WebAssembly.Module> {
  const { default: asc } = await import('assemblyscript/asc');
  let binary: Uint8Array | string | undefined;
  const { error, stderr } = await asc.main(
    [
      ...['ceilings.ts', '--outFile', 'ceilings.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
      ...['--enable', 'simd', '--enable', 'threads', '--enable', 'bulk-memory', '--importMemory'],
      ...['--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
    ],
    {
      readFile: (name) => (name === 'ceilings.ts' ? readFileSync(SOURCE, 'utf8') : null),
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) binary = contents;
      },
    },
  );
  if (error || typeof binary !== 'object')
    throw new Error(`${SOURCE} does not compile: ${stderr.toString()}`);
  return WebAssembly.compile(new Uint8Array(binary));
}

/** Kernels of the ceilings on as many threads as the ops they stand beside. */
export class Ceilings {
  private readonly threads: number;
  private readonly exports: Exports;
  private readonly memory: WebAssembly.Memory;
  private readonly words: Int32Array;
  private readonly workers: readonly Worker[];
  private jobs = 0;
  private filled = 0;

  private constructor(module: WebAssembly.Module, threads: number) {
    this.threads = threads;
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    this.exports = new WebAssembly.Instance(module, { env: { memory: this.memory } })
      .exports as unknown as Exports;
    this.words = new Int32Array(new SharedArrayBuffer(4 * (TASKS + 8 * threads)));
    // Neither vanishes nor overflows, however often it is multiplied or added.
    new Float32Array(this.memory.buffer, CONSTANTS, 16 * threads).fill(1);
    const { memory, words } = this;
    this.workers = Array.from({ length: threads - 1 }, (_, i) => {
      const workerData = { module, memory, words, threads, thread: i + 1 };
      return new Worker(workerSource, { eval: true, workerData });
    });
  }

  static async start(threads: number): Promise<Ceilings> {
    return new Ceilings(await compile(), threads);
  }

  /** Float operations a second, additions and multiplications in equal parts, all threads together. */
  peak(seconds: number): number[] {
    const flops = this.threads * this.exports.FLOPS_A_ROUND.value;
    return this.turn(seconds, flops, (rounds) =>
      this.each((thread) => ({ kernel: 'peak', numbers: [CONSTANTS + 64 * thread, rounds] })),
    );
  }

  /**
   * Bytes a second of a copy, read and written ones together, all threads together.
   * @param workingSet bytes of source and target; each thread has its own part
   */
  copy(workingSet: number, seconds: number): number[] {
    const block = Math.max(64, 64 * Math.ceil(workingSet / 128 / this.threads));
    this.reserve(DATA + 2 * this.threads * (block + GAP));
    const at = (index: number) => DATA + index * (block + GAP);
    return this.turn(seconds, 2 * this.threads * block, (times) =>
      this.each((thread) => ({
        kernel: 'copy',
        numbers: [at(2 * thread), at(2 * thread + 1), block, times],
      })),
    );
  }

  async close(): Promise<void> {
    for (let thread = 1; thread < this.threads; thread++) this.words[TASKS + 8 * thread] = -1;
    Atomics.add(this.words, SIGNAL, 1);
    Atomics.notify(this.words, SIGNAL);
    await Promise.all(this.workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
  }

  /**
   * Calls that take about CALL each, for `seconds` altogether: how much each did a second. What was measured before calls
   * were long enough is dropped: a short one that waited for a core looks long, and the ceiling would be next to nothing.
   */
  private turn(seconds: number, amount: number, run: (times: number) => number): number[] {
    const results: number[] = [];
    const end = performance.now() + 1e3 * seconds;
    let times = 1;
    do {
      const took = run(times);
      if (took >= CALL / 2) results.push((amount * times) / took);
      else {
        times = Math.ceil(1.5 * times * Math.min(50, CALL / Math.max(took, 1e-6)));
        results.length = 0;
      }
    } while (performance.now() < end || results.length < LEAST);
    return results;
  }

  /** One task for every thread, the host among them: seconds from when all are there to when all are done. */
  private each(taskOf: (thread: number) => Task): number {
    const { words, threads, exports } = this;
    for (let thread = 0; thread < threads; thread++) {
      const { kernel, numbers } = taskOf(thread);
      words.set([KERNELS.indexOf(kernel), ...numbers], TASKS + 8 * thread);
    }
    this.jobs++;
    Atomics.add(words, SIGNAL, 1);
    Atomics.notify(words, SIGNAL);
    Atomics.add(words, READY, 1);
    while (Atomics.load(words, READY) < threads * this.jobs);
    const start = performance.now();
    const { kernel, numbers } = taskOf(0);
    (exports[kernel] as (...numbers: readonly number[]) => void)(...numbers);
    while (Atomics.load(words, DONE) < (threads - 1) * this.jobs);
    return (performance.now() - start) / 1e3;
  }

  /** Memory that nobody has written to may be one and the same page everywhere, which is read too fast. */
  private reserve(end: number): void {
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    if (end <= this.filled) return;
    new Uint8Array(this.memory.buffer, DATA).fill(1);
    this.filled = this.memory.buffer.byteLength;
  }
}
