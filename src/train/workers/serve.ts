/** The worker's side of `mapInWorkers`. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Failure, failureOf, type PackedError, packError } from './failure.ts';
import type { TaskModule, TaskTable } from './tasks.ts';

/** What a worker is started with. */
export interface WorkerSetup {
  readonly task: string;
  readonly setup: unknown;
}

/** To a worker: an item, and what messages call it. */
export interface Assignment {
  readonly index: number;
  readonly item: unknown;
  readonly name: string;
}

/** From a worker. */
export type Report =
  | { readonly kind: 'ready' }
  /** Nothing more can be done, here and anywhere. */
  | { readonly kind: 'broken'; readonly error: PackedError }
  | { readonly kind: 'done'; readonly index: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly index: number; readonly failure: Failure };

/** Does what the thread that started this worker asks for, one item after the other, until it is ended. */
export async function serve(tasks: TaskTable): Promise<void> {
  const port = parentPort!;
  const { task, setup } = workerData as WorkerSetup;
  const report = (message: Report, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  try {
    const module = (await tasks[task]!()) as TaskModule<unknown, unknown, unknown>;
    const run = await module.create(setup);
    let before: Promise<void> = Promise.resolve();
    const work = async ({ index, item, name }: Assignment) => {
      try {
        const value = await run(item);
        report({ kind: 'done', index, value }, module.transfer?.(value));
      } catch (error) {
        try {
          report({ kind: 'failed', index, failure: failureOf(error, name) });
        } catch (bug) {
          report({ kind: 'broken', error: packError(bug) });
        }
      }
    };
    port.on('message', (assignment: Assignment) => {
      before = before.then(() => work(assignment));
    });
    report({ kind: 'ready' });
  } catch (error) {
    report({ kind: 'broken', error: packError(error) });
  }
}
