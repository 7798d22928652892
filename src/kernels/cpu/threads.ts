/** The workers of the cpu backend: the one file that knows what a thread is on this platform. */

/** What a worker gets: the compiled module, the shared memory, where the control block is, which thread it is. */
export interface WorkerTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly thread: number;
}

export interface Threads {
  /** Resolves when every worker has ended. Tell them to stop before (export `stop`). */
  close(): Promise<void>;
}

/** Instantiates the module with every exported function in its table, then stays inside `work` until stopped. */
const workerSource = `
const { module, memory, control, thread } = require('node:worker_threads').workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
for (const { name, kind } of WebAssembly.Module.exports(module))
  if (kind === 'function') exports.table.set(exports.table.grow(1), exports[name]);
try { exports.work(control, thread); } catch (error) { exports.trapped(control); throw error; }
`;

/** Starts workers and does not wait for them: a job begun before they are up is done by the host alone. */
export async function startThreads(tasks: readonly WorkerTask[]): Promise<Threads> {
  if (tasks.length === 0) return { close: async () => {} };
  const { Worker } = await import('node:worker_threads');
  const workers = tasks.map((task) => {
    const worker = new Worker(workerSource, { eval: true, workerData: task });
    worker.unref();
    // A trap is reported to the host through shared memory, where it is waiting.
    worker.on('error', () => {});
    return worker;
  });
  return {
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** How many threads this machine can run at once. */
export async function availableThreads(): Promise<number> {
  const { availableParallelism } = await import('node:os');
  return availableParallelism();
}
