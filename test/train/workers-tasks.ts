/** Tasks that do what a worker should not do, for workers.test.ts. */
import { threadId } from 'node:worker_threads';
import { DataError, DeviceError, UsageError } from '../../src/base/errors.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface Order {
  readonly what: string;
  readonly value?: number;
  readonly path?: string;
  /** How many threads have come to `meet`. */
  readonly met?: SharedArrayBuffer;
}

let come = false;

/** Waits for `count` threads to be here at the same time. */
async function meet(met: SharedArrayBuffer, count: number): Promise<number> {
  const threads = new Int32Array(met);
  if (!come) Atomics.add(threads, 0, 1);
  come = true;
  while (Atomics.load(threads, 0) < count) await pause(1);
  return threadId;
}

async function obey({ what, value = 0, path = '', met }: Order): Promise<unknown> {
  if (what === 'square') return value * value;
  if (what === 'thread') return threadId;
  if (what === 'meet') return meet(met!, value);
  if (what === 'wait') {
    await pause(value);
    return value;
  }
  if (what === 'data') throw new DataError('file/odd', `${path} is odd\n`, 'Leave it');
  if (what === 'device') throw new DeviceError('webgpu/lost', 'the device was lost');
  if (what === 'bug') throw new TypeError('x is not a function');
  if (what === 'array') return new Float64Array(2 ** 50);
  if (what === 'exit') process.exit(7);
  if (what === 'stray') {
    setTimeout(() => {
      throw new Error('from nowhere');
    }, 1);
    await pause(60_000);
  }
  if (what === 'late') {
    setTimeout(() => {
      throw new Error('from an item that is done');
    }, value);
    return value;
  }
  if (what === 'loop') for (;;);
  if (what === 'closure') return () => 0;
  const hoard: unknown[] = [];
  if (what === 'hoard') for (;;) hoard.push(Array.from({ length: 1000 }, (_, i) => ({ i })));
  return undefined;
}

export const TEST_TASKS = {
  obey: async () => ({
    create(setup: { readonly fail?: boolean }) {
      if (setup.fail) throw new UsageError('test/setup', 'cannot be set up');
      return obey;
    },
  }),
  vector: async () => ({
    create: (length: number) => (value: number) => ({ data: new Float32Array(length).fill(value) }),
    transfer: ({ data }: { readonly data: Float32Array }) => [data.buffer as ArrayBuffer],
  }),
};
