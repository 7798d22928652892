/** The caller's side of workers: who gets which item, and what becomes of those whose worker died. */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { Interruption } from '../interruption.ts';
import { printable } from '../recording.ts';
import { type Failure, outOfMemory, unpackError } from './failure.ts';
import type { Assignment, Report, WorkerSetup } from './serve.ts';

/** What became of one item. */
export type Outcome<Result> = { readonly value: Result } | { readonly failure: Failure };

export interface Work {
  readonly worker: URL;
  readonly limits: ResourceLimits | undefined;
  readonly setup: WorkerSetup;
  readonly items: readonly unknown[];
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  /** What messages call item `index`. */
  nameOf(index: number): string;
  /** Called once for every item, in the order in which they are done. */
  settle(index: number, outcome: Outcome<unknown>): void;
}

/** The one that is worked on and the next, so that no worker waits for its caller. */
const IN_HAND = 2;

/** A running worker. */
interface Hand {
  readonly thread: Worker;
  /** Items it has, the one that it works on first. */
  readonly items: number[];
  /** Whether it could be set up. */
  ready: boolean;
  /** How many items it has done. */
  done: number;
}

/** Has all items done by workers; they have ended when this settles. */
export async function runPool(work: Work): Promise<void> {
  const { signal } = work;
  if (signal?.aborted) throw new Interruption();
  const pool = new Pool(work);
  const abort = () => pool.fail(new Interruption());
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await pool.finished;
  } finally {
    signal?.removeEventListener('abort', abort);
    await pool.end();
  }
}

class Pool {
  readonly finished: Promise<void>;
  private readonly work: Work;
  private readonly hands = new Set<Hand>();
  private resolve!: () => void;
  private reject!: (error: unknown) => void;
  private closed = false;
  private next = 0;
  private left: number;
  /** Items of workers that died, to be done before new ones. */
  private readonly returned: number[] = [];
  /** Items over which a worker died that had done others, so that it may have died of one of those. */
  private readonly suspects = new Set<number>();

  constructor(work: Work) {
    this.work = work;
    this.left = work.items.length;
    this.finished = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    if (this.left === 0) this.resolve();
    for (let i = 0; i < Math.min(work.threads, this.left); i++) this.hire();
  }

  fail(error: unknown): void {
    this.closed = true;
    this.reject(error);
  }

  async end(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.hands].map(({ thread }) => thread.terminate()));
  }

  private hire(): void {
    try {
      // Options of this process (hooks, an inspector) are not for its workers.
      const { worker, setup, limits = {} } = this.work;
      const thread = new Worker(worker, { workerData: setup, execArgv: [], resourceLimits: limits });
      const hand: Hand = { thread, items: [], ready: false, done: 0 };
      let cause: unknown;
      this.hands.add(hand);
      thread.on('message', (report: Report) => this.guard(() => this.hear(hand, report)));
      thread.on('messageerror', (error) => this.fail(error));
      thread.on('error', (error) => {
        cause = error;
      });
      thread.on('exit', (code) => this.guard(() => this.lose(hand, cause, code)));
    } catch (error) {
      this.fail(error);
    }
  }

  /** What a caller's function throws ends everything. */
  private guard(action: () => void): void {
    if (this.closed) return;
    try {
      action();
    } catch (error) {
      this.fail(error);
    }
  }

  private hear(hand: Hand, report: Report): void {
    if (report.kind === 'broken') {
      this.fail(unpackError(report.error));
      return;
    }
    hand.ready = true;
    if (report.kind !== 'ready') {
      hand.done += 1;
      hand.items.splice(hand.items.indexOf(report.index), 1);
      this.settle(report.index, report.kind === 'done' ? report : { failure: report.failure });
    }
    this.assign(hand);
  }

  private settle(index: number, outcome: Outcome<unknown>): void {
    this.left -= 1;
    this.work.settle(index, 'failure' in outcome ? { failure: outcome.failure } : { value: outcome.value });
    if (this.left === 0) this.resolve();
  }

  private assign(hand: Hand): void {
    while (!this.closed && hand.items.length < IN_HAND) {
      const index = this.returned.shift() ?? this.next++;
      if (index >= this.work.items.length) return;
      const assignment: Assignment = { index, item: this.work.items[index], name: this.work.nameOf(index) };
      hand.items.push(index);
      hand.thread.postMessage(assignment);
    }
  }

  /** A worker died, over the first item that it has or of what an earlier one left running; the others are for others. */
  private lose(hand: Hand, cause: unknown, code: number): void {
    this.hands.delete(hand);
    const [index, ...others] = hand.items;
    const error = cause instanceof Error ? cause : new Error(`a worker ended with code ${code}`);
    // It could not even begin, and another one would not do better.
    if (!hand.ready) {
      this.fail(error);
      return;
    }
    // There was nothing left for it to do.
    if (index === undefined) return;
    const memory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    if (!memory && hand.done > 0 && !this.suspects.has(index)) {
      this.suspects.add(index);
      this.returned.push(index, ...others);
    } else {
      this.returned.push(...others);
      const name = this.work.nameOf(index);
      const message = printable(`${name}: its worker failed: ${error.message}`);
      this.settle(index, { failure: memory ? outOfMemory(name) : { code: 'recording/crashed', message } });
    }
    if (this.left > 0) this.hire();
  }
}
