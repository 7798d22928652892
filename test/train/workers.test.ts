import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeviceError, UsageError } from '../../src/base/errors.ts';
import { Interruption } from '../../src/train/interruption.ts';
import { type MapOptions, mapAt, type Outcome } from '../../src/train/workers/map.ts';
import { bundleTestProgram, bundleTestWorker } from './workers-bundle.ts';
import { type Order, TEST_TASKS } from './workers-tasks.ts';

/** All workers that this test has started. */
const threads: Worker[] = [];
vi.mock('node:worker_threads', async (original) => {
  const module = await original<typeof import('node:worker_threads')>();
  class Noted extends module.Worker {
    constructor(...given: ConstructorParameters<typeof module.Worker>) {
      super(...given);
      threads.push(this);
    }
  }
  return { ...module, Worker: Noted };
});
beforeEach(() => {
  threads.length = 0;
});

let worker: URL;
beforeAll(async () => {
  worker = await bundleTestWorker();
});

const limits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };

function obey(orders: readonly Order[], options: MapOptions<Order, unknown> = {}, setup = {}) {
  return mapAt({ tasks: TEST_TASKS, worker, limits }, 'obey', setup, orders, { threads: 2, ...options });
}

/** Workers of this test that are still running. */
const running = () => threads.filter(({ threadId }) => threadId !== -1);

const squares = (n: number): Order[] => Array.from({ length: n }, (_, value) => ({ what: 'square', value }));
const code = (outcome: Outcome<unknown>) => ('failure' in outcome ? outcome.failure.code : outcome.value);

describe('many items', () => {
  it.each([1, 2, 3, 64])('have their results in order with %d threads', async (threads) => {
    const outcomes = await obey(squares(50), { threads });
    expect(outcomes).toEqual(squares(50).map(({ value }) => ({ value: value! * value! })));
  });

  it('are done by as many threads as asked for, and by this one where one is enough', async () => {
    const threadsOf = async (threads: number, items: number) => {
      const orders = Array.from({ length: items }, () => ({ what: 'thread' }));
      return new Set((await obey(orders, { threads })).map(code));
    };
    expect(await threadsOf(1, 3)).toEqual(new Set([0]));
    expect(await threadsOf(2, 1)).toEqual(new Set([0]));
    const met = new SharedArrayBuffer(4);
    const three = new Set(
      (await obey(Array(30).fill({ what: 'meet', value: 3, met }), { threads: 3 })).map(code),
    );
    expect(three.size).toBe(3);
    expect(three.has(0)).toBe(false);
  });

  it('are told of in order, however long each takes; progress counts what is done', async () => {
    const told: number[] = [];
    const progress: number[] = [];
    const waits = [120, 5, 60, 1, 1, 30];
    await obey(
      waits.map((value) => ({ what: 'wait', value })),
      {
        onResult: (outcome, index) => told.push(index, code(outcome) as number),
        onProgress: (done, total) => progress.push(done / total),
      },
    );
    expect(told).toEqual(waits.flatMap((value, index) => [index, value]));
    expect(progress).toEqual([1, 2, 3, 4, 5, 6].map((done) => done / 6));
  });

  it('may be none', async () => {
    expect(await obey([])).toEqual([]);
  });

  it('results move where their task says so', async () => {
    const outcomes = await mapAt({ tasks: TEST_TASKS, worker }, 'vector', 1000, [1, 2, 3], { threads: 2 });
    expect(outcomes.map((o) => ('value' in o ? o.value.data : o))).toEqual(
      [1, 2, 3].map((value) => new Float32Array(1000).fill(value)),
    );
  });
});

describe('one bad item', () => {
  const orders = (...what: readonly Order[]): Order[] => [...what, ...squares(5)];
  const rest = squares(5).map(({ value }) => value! * value!);

  it.each([1, 2])('is its own failure where it throws, with %d threads', async (threads) => {
    const outcomes = await obey(orders({ what: 'data', path: 'a.wav' }, { what: 'array', path: 'b.wav' }), {
      threads,
    });
    expect(outcomes.slice(0, 2)).toEqual([
      { failure: { code: 'file/odd', message: 'a.wav is odd\\n. Leave it' } },
      { failure: { code: 'recording/memory', message: "b.wav is too long for this machine's memory" } },
    ]);
    expect(outcomes.slice(2).map(code)).toEqual(rest);
  });

  // In a process of its own: where V8 cannot stop a worker in time, Node ends the whole process (nodejs/node#47224).
  it('is its own failure where it fills the memory of its worker', async () => {
    const program = fileURLToPath(await bundleTestProgram());
    const order = { worker: worker.href, limits, orders: orders({ what: 'hoard', path: 'a.wav' }) };
    let run = spawnSync(process.execPath, [program, JSON.stringify(order)], { encoding: 'utf8' });
    for (let again = 0; again < 2 && run.stderr.includes('heap out of memory'); again++) {
      run = spawnSync(process.execPath, [program, JSON.stringify(order)], { encoding: 'utf8' });
    }
    expect(run).toMatchObject({ stderr: '', status: 0 });
    expect((JSON.parse(run.stdout) as Outcome<unknown>[]).map(code)).toEqual(['recording/memory', ...rest]);
  });

  it('is its own failure where it takes its worker down, and every such one is', async () => {
    const outcomes = await obey(orders({ what: 'exit', path: 'a.wav' }, { what: 'stray' }, { what: 'exit' }));
    expect(outcomes.map(code)).toEqual([
      'recording/crashed',
      'recording/crashed',
      'recording/crashed',
      ...rest,
    ]);
    expect(outcomes[0]).toEqual({
      failure: {
        code: 'recording/crashed',
        message: 'a.wav: its worker failed: a worker ended with code 7',
      },
    });
    expect(outcomes[1]).toHaveProperty('failure.message', 'item 2: its worker failed: from nowhere');
  });

  it('is named without its control characters where it takes its worker down', async () => {
    const [outcome] = await obey(orders({ what: 'exit', path: 'a\n\u001b[31m.wav' }));
    expect(outcome).toHaveProperty(
      'failure.message',
      'a\\n\\u{1b}[31m.wav: its worker failed: a worker ended with code 7',
    );
  });

  it('fails no other where it takes its worker down once it is done', async () => {
    const waits = [200, 201, 202].map((value) => ({ what: 'wait', value }));
    expect((await obey([{ what: 'late', value: 20 }, ...waits])).map(code)).toEqual([20, 200, 201, 202]);
  });

  it('and when nothing is left to do, nobody minds', async () => {
    // Each of two threads has come to a meeting and has one more item.
    const met = new SharedArrayBuffer(4);
    const meeting = { what: 'meet', value: 2, met };
    const outcomes = await obey([
      meeting,
      { what: 'late', value: 20 },
      meeting,
      { what: 'wait', value: 300 },
    ]);
    expect([1, 3].map((i) => code(outcomes[i]!))).toEqual([20, 300]);
    expect(threads.length).toBe(2);
  });
});

describe('what ends everything', () => {
  it.each([1, 2])('an error of a device, or of the program, with %d threads', async (count) => {
    const lost = obey([...squares(3), { what: 'device' }, ...squares(30)], { threads: count });
    await expect(lost).rejects.toThrow(DeviceError);
    await expect(lost).rejects.toMatchObject({ code: 'webgpu/lost', message: 'the device was lost' });
    const bug = obey([...squares(3), { what: 'bug' }, ...squares(30)], { threads: count });
    await expect(bug).rejects.toMatchObject({ name: 'TypeError', message: 'x is not a function' });
    expect(threads.length).toBe(count > 1 ? 4 : 0);
    expect(running()).toEqual([]);
  });

  it.each([1, 2])('a setup that makes no sense, with %d threads', async (threads) => {
    const broken = obey(squares(3), { threads }, { fail: true });
    await expect(broken).rejects.toThrow(UsageError);
    await expect(broken).rejects.toMatchObject({ code: 'test/setup', exitCode: 2 });
  });

  it('a result that cannot be sent', async () => {
    await expect(obey([{ what: 'closure' }, ...squares(3)])).rejects.toThrow(/could not be cloned/);
  });

  it.each([1, 2])('an error of who listens, with %d threads', async (count) => {
    const onResult = () => {
      throw new Error('enough');
    };
    await expect(obey(squares(9), { threads: count, onResult })).rejects.toThrow('enough');
    expect(threads.length).toBe(count > 1 ? 2 : 0);
    expect(running()).toEqual([]);
  });

  it('a module that is not there', async () => {
    const missing = new URL('./none.mjs', worker);
    const none = mapAt({ tasks: TEST_TASKS, worker: missing }, 'obey', {}, squares(4), { threads: 2 });
    await expect(none).rejects.toThrow(/Cannot find module/);
  });

  it('an interruption, even of a worker that never looks up', async () => {
    const controller = new AbortController();
    const orders = [{ what: 'loop' }, { what: 'loop' }, ...squares(3)];
    const stopped = obey(orders, { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(stopped).rejects.toThrow(Interruption);
    expect(threads.length).toBe(2);
    expect(running()).toEqual([]);
  });

  it.each([1, 2])('an interruption before the beginning, with %d threads', async (threads) => {
    await expect(obey(squares(9), { threads, signal: AbortSignal.abort() })).rejects.toThrow(Interruption);
  });
});
