/**
 * What a step costs beside arithmetic, in counts that no machine changes: buffers asked for, jobs started, memory. The
 * budgets are what was reached: whoever needs more of something raises its number and says why.
 */
import { expect, it } from 'vitest';
import type { Backend } from '../../src/kernels/backend.ts';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import type { Machine } from '../../src/kernels/cpu/machine.ts';
import { buildModel, inference } from '../../src/layers/index.ts';
import { noGrad, normalValues, scope, tensor } from '../../src/tensor/index.ts';
import { Stepper } from '../../src/train/stepper.ts';

/** Of one step: ops run, kernel jobs started, buffers allocated, blocks of memory for the length of an op. */
interface Counts {
  ops: number;
  jobs: number;
  buffers: number;
  temporaries: number;
}

/** `live`: buffers between two steps. */
const BUDGETS = {
  'pcg-lite': {
    training: { ops: 48, jobs: 82, buffers: 84, temporaries: 49, live: 8 },
    inference: { ops: 10, jobs: 11, buffers: 14, temporaries: 2, live: 42 },
  },
  'reference-step': {
    training: { ops: 28, jobs: 42, buffers: 44, temporaries: 22, live: 8 },
    inference: { ops: 5, jobs: 6, buffers: 7, temporaries: 2, live: 20 },
  },
} as const;

const NAMES = ['pcg-lite', 'reference-step'] as const;
const [BANDS, FRAMES] = [64, 128];
const STEPS = 6;
/** Steps until everything is in place that outlives a step: weights are packed for good at their second use. */
const FIRST = 2;

/** Counts calls on the backend. Each call of the result gives the counts since the one before. */
function counter(backend: Backend, machine: Machine): () => Counts {
  const counts: Counts = { ops: 0, jobs: 0, buffers: 0, temporaries: 0 };
  const spy = <T extends object>(on: T, method: keyof T, name: keyof Counts) => {
    const original = on[method] as (...args: unknown[]) => unknown;
    on[method] = function (this: T, ...args: unknown[]) {
      counts[name]++;
      return original.apply(this, args);
    } as T[keyof T];
  };
  spy(backend, 'run', 'ops');
  spy(machine, 'launch', 'jobs');
  spy(backend, 'allocate', 'buffers');
  spy(machine, 'temporary', 'temporaries');
  return () => {
    const taken = { ...counts };
    Object.assign(counts, { ops: 0, jobs: 0, buffers: 0, temporaries: 0 });
    return taken;
  };
}

/** Runs some steps. From FIRST on each must need as much as the one before; what that is, is the result. */
async function steadyCounts(backend: Backend, step: (number: number) => Promise<unknown>) {
  const { machine } = backend as unknown as { readonly machine: Machine };
  const take = counter(backend, machine);
  const steps = [];
  for (let number = 0; number < STEPS; number++) {
    await step(number);
    const { buffers: live, bytes } = backend.memory();
    // What the heap has grown to, too: memory that is free but in pieces too small would make it grow on.
    steps.push({ ...take(), live, bytes, heap: machine.heap.memory.buffer.byteLength });
  }
  const steady = steps[FIRST]!;
  for (const later of steps.slice(FIRST)) expect(later).toEqual(steady);
  return steady;
}

function expectWithin<B extends object>(found: { readonly [name in keyof B]: number }, budget: B): void {
  for (const name of Object.keys(budget) as (keyof B)[]) {
    expect(found[name], String(name)).toBeLessThanOrEqual(budget[name] as number);
    expect(found[name], `${String(name)} are counted`).toBeGreaterThan(0);
  }
}

it.each(NAMES)('training steps of %s are alike and within their budget', async (name) => {
  const backend = await cpu({ threads: 2 });
  const build = () => buildModel({ name, bands: BANDS, frames: FRAMES, classes: 2 }, { seed: 1, backend });
  const config = { seed: 1, labelSmoothing: 0.1, clipNorm: 1, emaDecay: 0.99, weightDecay: 0.01 };
  const stepper = new Stepper(build(), build(), config);
  const size = 4;
  const windows = Float32Array.from(normalValues(size * BANDS * FRAMES, { seed: 2 }));
  const batch = { windows, targets: [1, 0, 0, 1, 1, 0, 0, 1], size };
  const steady = await steadyCounts(backend, (number) => stepper.step(batch, number, 1e-3));
  expectWithin(steady, BUDGETS[name].training);
  stepper.dispose();
  await backend.close();
});

it.each(NAMES)('inferences of %s are alike and within their budget', async (name) => {
  const backend = await cpu({ threads: 2 });
  const model = buildModel({ name, bands: BANDS, frames: FRAMES, classes: 2 }, { seed: 1, backend });
  const values = Float32Array.from(normalValues(BANDS * FRAMES, { seed: 2 }));
  const steady = await steadyCounts(backend, () =>
    scope(() =>
      noGrad(() => model.forward(tensor(values, [1, 1, BANDS, FRAMES], { backend }), inference)).data(),
    ),
  );
  expectWithin(steady, BUDGETS[name].inference);
  await backend.close();
});
