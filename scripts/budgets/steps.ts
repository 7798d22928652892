/** What a training step of 32 windows, and inference of one, ask of the backends: counted, not timed. */
import { type Backend, noGrad, scope, tensor } from '../../src/index.ts';
import { type WebgpuBackend, webgpu } from '../../src/kernels/webgpu/backend.ts';
import { buildModel, inference, type Model } from '../../src/layers/index.ts';
import { defaultConfig } from '../../src/train/config.ts';
import { Stepper } from '../../src/train/stepper.ts';
import type { Figure } from './judge.ts';
import { BANDS, BATCH, FRAMES, NETWORKS, type NetworkName, onCpu, targetsOf, windowsOf } from './networks.ts';
import { counted } from './spy.ts';

/** Steps after which nothing is new. */
const WARM = 3;

function modelOn(backend: Backend, name: NetworkName): Model {
  return buildModel({ name, bands: BANDS, frames: FRAMES[name], classes: 2 }, { seed: 3, backend });
}

/** A step as `fit` makes it. */
function stepperOn(backend: Backend, name: NetworkName) {
  const stepper = new Stepper(modelOn(backend, name), modelOn(backend, name), { ...defaultConfig, seed: 5 });
  const batch = { windows: windowsOf(name, BATCH), targets: targetsOf(BATCH), size: BATCH };
  let step = 0;
  return () => stepper.step(batch, step++, 1e-3);
}

function inferOn(backend: Backend, name: NetworkName) {
  const model = modelOn(backend, name);
  const x = windowsOf(name, 1);
  const infer = () =>
    scope(() =>
      noGrad(() => model.forward(tensor(x, [1, 1, BANDS, FRAMES[name]], { backend }), inference)).data(),
    );
  return { model, infer };
}

async function repeat(times: number, body: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < times; i++) await body();
}

export async function cpuFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const name of NETWORKS) {
    const add = (what: string, value: number) => void figures.push({ name: `${name}: ${what}`, value });
    await onCpu(async (backend) => {
      const { model, infer } = inferOn(backend, name);
      add('parameters', model.parameterCount());
      await repeat(WARM, infer);
      const once = await counted(backend, infer);
      add('multiply-adds', once.multiplyAdds / 1e6);
      add('inference, jobs on cpu', once.jobs);
      add('inference, bytes moved', once.bytes / 1e6);
      add('inference, allocations', once.allocations);
      add('inference, live buffers after', backend.memory().buffers);
    });
    await onCpu(async (backend) => {
      const step = stepperOn(backend, name);
      await repeat(WARM, step);
      const before = backend.memory().buffers;
      const once = await counted(backend, step);
      add('step, jobs on cpu', once.jobs);
      add('step, bytes moved', once.bytes / 1e6);
      add('step, allocations', once.allocations);
      add('step, live buffers after', backend.memory().buffers);
      add('step, live buffers more than before it', backend.memory().buffers - before);
    });
  }
  return figures;
}

/** Counting needs no GPU, only the binding: Dawn's null backend takes everything and computes nothing. */
export async function webgpuFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const name of NETWORKS) {
    for (const [what, prepare] of [
      ['inference', (gpu: Backend) => inferOn(gpu, name).infer],
      ['step', (gpu: Backend) => stepperOn(gpu, name)],
    ] as const) {
      const counters = ['dispatches', 'buffers', 'bindGroups', 'pipelines'] as const;
      const titles = ['dispatches', 'new device buffers', 'new bind groups', 'new pipelines'];
      const names = titles.map((title) => `${name}: ${what}, ${title} on webgpu`);
      const asked = await onNull(async (gpu) => {
        const body = prepare(gpu);
        await repeat(4, body);
        const before = gpu.counters;
        await body();
        const after = gpu.counters;
        return counters.map((counter) => after[counter] - before[counter]);
      });
      figures.push(
        ...names.map((title, i) =>
          typeof asked === 'string'
            ? { name: title, value: null, skipped: asked }
            : { name: title, value: asked[i]! },
        ),
      );
    }
  }
  return figures;
}

/** The reason where the binding does not open. */
async function onNull<T>(body: (gpu: WebgpuBackend) => Promise<T>): Promise<T | string> {
  let gpu: WebgpuBackend;
  try {
    gpu = await webgpu({ dawn: ['backend=null'] });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  try {
    return await body(gpu);
  } finally {
    await gpu.close();
  }
}
