/** One kind of work on many items, by as many threads as wanted. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { ResourceLimits } from 'node:worker_threads';
import { breathe } from '../interruption.ts';
import { failureOf } from './failure.ts';
import { type Outcome, runPool } from './pool.ts';
import { type ItemOf, type ResultOf, type SetupOf, TASKS, type TaskModule, type TaskTable } from './tasks.ts';

export type { Failure } from './failure.ts';
export type { Outcome } from './pool.ts';

export interface MapOptions<Item, Result> {
  /** Default: one for every core. With 1, or one item, the work is done in this thread. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Module that workers run, for programs that are bundled: one that does what `train/workers/worker.js` of this package
   * does. Default: that file, and where there is none all is done in this thread.
   */
  readonly worker?: URL | undefined;
  /** What messages call an item; default: its `path`, else its number. */
  readonly nameOf?: (item: Item, index: number) => string;
  /** Called in the order of the items, as soon as one and all before it are done. */
  readonly onResult?: (outcome: Outcome<Result>, index: number) => void;
  /** Called whenever one is done, whichever it is. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Where tasks run. */
export interface Workplace<Table extends TaskTable> {
  readonly tasks: Table;
  /** A module that calls `serve(tasks)`; null where there is none, and all is done in this thread. */
  readonly worker: URL | null;
  readonly limits?: ResourceLimits;
}

/** Milliseconds of work in this thread after which the host may handle signals and draw. */
const BREATH = 20;

/** `worker.js` beside this file. In TypeScript sources, which Node 20 cannot run, and in bundles there is none. */
function workerModule(): URL | null {
  if (import.meta.url.endsWith('.ts')) return null;
  const url = new URL('./worker.js', import.meta.url);
  return url.protocol === 'file:' && existsSync(url) ? url : null;
}

/**
 * Has a task of `TASKS` done for every item by worker threads. Outcomes are in the order of the items and, for tasks
 * whose results are, the same for any number of threads.
 *
 * ```ts
 * const outcomes = await mapInWorkers('extract', { features }, recordings, {
 *   threads: 4,
 *   signal,
 *   onProgress: (done, total) => console.error(`${done}/${total}`),
 * });
 * for (const [i, outcome] of outcomes.entries()) {
 *   if ('failure' in outcome) console.error(recordings[i].path, outcome.failure.code, outcome.failure.message);
 *   else use(outcome.value);
 * }
 * ```
 *
 * An item that throws an error of the engine, runs out of memory (`recording/memory`) or takes its worker down with
 * it (`recording/crashed`) is a failure of that item, and the others go on. Workers have ended when this settles.
 *
 * @throws Interruption as soon as `signal` is aborted · DeviceError, and whatever else a task throws that is no
 *   EngineError, or throws before its first item
 */
export function mapInWorkers<Name extends keyof typeof TASKS & string>(
  task: Name,
  setup: SetupOf<typeof TASKS, Name>,
  items: readonly ItemOf<typeof TASKS, Name>[],
  options: MapOptions<ItemOf<typeof TASKS, Name>, ResultOf<typeof TASKS, Name>> = {},
): Promise<Outcome<ResultOf<typeof TASKS, Name>>[]> {
  return mapAt({ tasks: TASKS, worker: options.worker ?? workerModule() }, task, setup, items, options);
}

/** `mapInWorkers` with other tasks. */
export async function mapAt<Table extends TaskTable, Name extends keyof Table & string>(
  { tasks, worker, limits }: Workplace<Table>,
  task: Name,
  setup: SetupOf<Table, Name>,
  items: readonly ItemOf<Table, Name>[],
  options: MapOptions<ItemOf<Table, Name>, ResultOf<Table, Name>> = {},
): Promise<Outcome<ResultOf<Table, Name>>[]> {
  type Result = ResultOf<Table, Name>;
  const { signal, nameOf = usualName, onResult, onProgress } = options;
  const threads = Math.min(options.threads ?? availableParallelism(), items.length);
  const outcomes: (Outcome<Result> | undefined)[] = items.map(() => undefined);
  let done = 0;
  let told = 0;
  const settle = (index: number, outcome: Outcome<unknown>) => {
    outcomes[index] = outcome as Outcome<Result>;
    onProgress?.((done += 1), items.length);
    for (; told < items.length && outcomes[told]; told++) onResult?.(outcomes[told]!, told);
  };
  const name = (index: number) => nameOf(items[index]!, index);
  if (worker && threads > 1) {
    await runPool({ worker, limits, setup: { task, setup }, items, threads, signal, nameOf: name, settle });
  } else {
    const module = (await tasks[task]!()) as TaskModule<unknown, unknown, Result>;
    const run = await module.create(setup);
    await breathe(signal);
    let last = performance.now();
    for (const [index, item] of items.entries()) {
      settle(index, await attempt(run, item, () => name(index)));
      if (performance.now() - last < BREATH) continue;
      await breathe(signal);
      last = performance.now();
    }
    await breathe(signal);
  }
  return outcomes as Outcome<Result>[];
}

async function attempt<Result>(
  run: (item: unknown) => Result | Promise<Result>,
  item: unknown,
  name: () => string,
): Promise<Outcome<Result>> {
  try {
    return { value: await run(item) };
  } catch (error) {
    return { failure: failureOf(error, name()) };
  }
}

function usualName(item: unknown, index: number): string {
  const path = typeof item === 'object' && item !== null && 'path' in item ? item.path : undefined;
  return typeof path === 'string' ? path : `item ${index + 1}`;
}
