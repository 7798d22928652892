/** Training on webgpu beside cpu: the same masks and batches, nearly the same numbers, nothing created in steady state. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeviceError } from '../../src/base/errors.ts';
import type { Backend } from '../../src/kernels/backend.ts';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import type { WebgpuBackend } from '../../src/kernels/webgpu/backend.ts';
import { buildModel, crossEntropy } from '../../src/layers/index.ts';
import { grad, scope, tensor } from '../../src/tensor/index.ts';
import { judge } from '../../src/train/judge.ts';
import { RecordingStore } from '../../src/train/recording-store.ts';
import { Stepper } from '../../src/train/stepper.ts';
import { describeGpu, openGpu } from '../support/gpu.ts';
import { hashOf } from '../support/hash.ts';
import {
  batchOf,
  distance,
  lite,
  type Network,
  recordings,
  referenceStep,
  settings,
  storedBatch,
  type Trained,
  train,
} from '../support/training.ts';

const NULL_BACKEND = { dawn: ['backend=null'] };

/** Gradients of the first step, by path. */
async function gradientsOf(backend: Backend, network: Network): Promise<Map<string, Float32Array>> {
  const model = buildModel({ ...network, classes: 2 }, { seed: 3, backend });
  const { windows, targets, size } = batchOf(network, 0);
  const parameters = [...model.parameters()];
  const gradients = await scope(async () => {
    const x = tensor(windows, [size, 1, network.bands, network.frames], { backend });
    const logits = model.forward(x, { training: true, seed: 5, step: 0 });
    const wanted = parameters.map(([, { value }]) => value);
    const found = grad(crossEntropy(logits, targets), wanted);
    return Promise.all(found.map(async (gradient) => Float32Array.from(await gradient.data())));
  });
  model.dispose();
  return new Map(parameters.map(([path], i) => [path, gradients[i]!]));
}

/** Without tensors that are all zero before the first step. */
async function notFromZero(network: Network, weights: Trained['weights'], backend: Backend) {
  const model = buildModel({ ...network, classes: 2 }, { seed: 3, backend });
  const start = await model.state();
  model.dispose();
  const grew = (path: string) =>
    start.get(path.replace(/^(model|average)\./, ''))!.values.some((x) => x !== 0);
  return new Map([...weights].filter(([path]) => grew(path)));
}

await describeGpu('training on webgpu', () => {
  let gpu: WebgpuBackend;
  let host: Backend;
  beforeAll(async () => {
    gpu = await openGpu();
    host = await cpu({ threads: 1 });
  });
  afterAll(async () => {
    await gpu.close();
    await host.close();
  });

  for (const network of [lite, referenceStep]) {
    it(`one step of ${network.name} is the cpu's`, async () => {
      const [a, b] = [await train(gpu, network, 1), await train(host, network, 1)];
      expect(Math.abs(a.results[0]!.loss / b.results[0]!.loss - 1)).toBeLessThan(2e-6);
      expect(Math.abs(a.results[0]!.norm / b.results[0]!.norm - 1)).toBeLessThan(1e-5);
      const gradients = distance(await gradientsOf(gpu, network), await gradientsOf(host, network));
      expect(gradients.distance, gradients.at).toBeLessThan(1e-4);
      const weights = distance(a.weights, b.weights);
      expect(weights.distance, weights.at).toBeLessThan(2e-3);
    });

    it(`twenty steps of ${network.name} stay beside the cpu's, and have the same bits again`, async () => {
      const [a, b] = [await train(gpu, network, 20), await train(host, network, 20)];
      a.results.forEach(({ loss }, i) => {
        expect(Math.abs(loss - b.results[i]!.loss), `step ${i}`).toBeLessThan(5e-3);
      });
      const weights = distance(a.weights, b.weights);
      expect(weights.distance, weights.at).toBeLessThan(0.05);
      const again = await train(gpu, network, 20);
      expect(hashOf(...again.weights.values())).toBe(hashOf(...a.weights.values()));
      expect(gpu.memory().buffers).toBe(0);
    });
  }

  it('a step creates nothing once three have run, and is one submission', async () => {
    for (const network of [lite, referenceStep]) {
      const gpu = await openGpu();
      const config = { ...network, classes: 2 };
      const model = buildModel(config, { seed: 3, backend: gpu });
      const average = buildModel(config, { seed: 3, backend: gpu });
      const stepper = new Stepper(model, average, settings);
      const examples = recordings(network);
      const store = await RecordingStore.open(examples, gpu);
      const next = (step: number) => stepper.step(storedBatch(store, examples, network, step), step, 1e-3);
      for (let step = 0; step < 3; step++) await next(step);
      for (let step = 3; step < 8; step++) {
        const before = gpu.counters;
        await next(step);
        const after = gpu.counters;
        expect(after.submits - before.submits).toBe(1);
        const made = ['buffers', 'bindGroups', 'pipelines'] as const;
        expect(made.map((what) => [what, after[what] - before[what]])).toEqual(made.map((what) => [what, 0]));
      }
      await gpu.close();
    }
  });

  it('twenty steps with activations in float16 stay near those in float32', async (context) => {
    if (!gpu.adapter.features.includes('shader-f16')) context.skip('the adapter has no shader-f16');
    const half = await openGpu({ storage: 'f16' });
    for (const network of [lite, referenceStep]) {
      const [a, b] = [await train(half, network, 20), await train(host, network, 20)];
      a.results.forEach(({ loss }, i) => {
        expect(Math.abs(loss - b.results[i]!.loss), `step ${i}`).toBeLessThan(0.02);
      });
      // All weights as one vector: biases that began at 0 are still so small that a rounding shows in them.
      const all = ({ weights }: Trained) =>
        new Map([['all', Float32Array.from([...weights.values()].flatMap((w) => [...w]))]]);
      const weights = distance(all(a), all(b));
      expect(weights.distance).toBeLessThan(0.01);
      const grown = distance(a.weights, await notFromZero(network, b.weights, host));
      expect(grown.distance, grown.at).toBeLessThan(0.2);
    }
    await half.close();
  });

  it('with activations in float16, nothing of backward is stored so', async (context) => {
    if (!gpu.adapter.features.includes('shader-f16')) context.skip('the adapter has no shader-f16');
    const half = await openGpu({ storage: 'f16' });
    const run = half.run.bind(half);
    const stored: [string, boolean][] = [];
    half.run = (op, inputs, outputs, attributes) => {
      run(op, inputs, outputs, attributes);
      const types = outputs.map(({ buffer }) => (buffer as unknown as { storage: string }).storage);
      stored.push([op, types.includes('f16')]);
    };
    for (const network of [lite, referenceStep]) {
      stored.length = 0;
      await train(half, network, 1);
      const loss = stored.findIndex(([op]) => op === 'softmaxCrossEntropy');
      expect(stored.slice(0, loss).some(([, isHalf]) => isHalf)).toBe(true);
      expect(stored.slice(loss).filter(([, isHalf]) => isHalf)).toEqual([]);
    }
    await half.close();
  });

  it('judging keeps the activations of few batches, and gives what the cpu gives', async () => {
    const examples = recordings(lite, 40);
    const probabilities: number[][][] = [];
    for (const backend of [gpu, host]) {
      const model = buildModel({ ...lite, classes: 2 }, { seed: 3, backend });
      probabilities.push(await judge(model, examples, { batchSize: 4 }));
      model.dispose();
    }
    const [got, expected] = probabilities as [number[][], number[][]];
    got.forEach((row, i) => {
      expect(Math.abs(row[1]! - expected[i]![1]!)).toBeLessThan(1e-5);
    });
    expect(gpu.memory().buffers).toBe(0);
  });

  it('a device that is lost while judging is an error for the caller', async () => {
    const lost = await openGpu();
    const model = buildModel({ ...lite, classes: 2 }, { seed: 3, backend: lost });
    const options = {
      batchSize: 2,
      progress: () => (lost as unknown as { device: GPUDevice }).device.destroy(),
    };
    await expect(judge(model, recordings(lite, 60), options)).rejects.toThrow(DeviceError);
    await lost.close();
  });

  it('a step that is not finite changes nothing, nor do those after it', async () => {
    const config = { ...lite, classes: 2 };
    const model = buildModel(config, { seed: 3, backend: gpu });
    const average = buildModel(config, { seed: 3, backend: gpu });
    const stepper = new Stepper(model, average, settings);
    await stepper.step(batchOf(lite, 0), 0, 1e-3);
    const before = await model.state();
    const bad = batchOf(lite, 1);
    bad.windows[7] = Number.NaN;
    await stepper.step(bad, 1, 1e-3);
    await stepper.step(batchOf(lite, 2), 2, 1e-3);
    const results = await stepper.settle();
    expect(results.map(({ norm }) => Number.isFinite(norm))).toEqual([true, false, false]);
    for (const [path, { values }] of await model.state()) {
      expect(values, path).toEqual(before.get(path)!.values);
    }
    stepper.dispose();
    model.dispose();
    average.dispose();
  });
});

/** Dispatches of a training step on a batch of 32 at full size, from cutting its windows to noting its loss. What they are is in docs/decisions/0012. */
const BUDGETS = [
  { network: { name: 'reference-step', bands: 64, frames: 128 }, dispatches: 41 },
  { network: { name: 'pcg-lite', bands: 64, frames: 200 }, dispatches: 71 },
];

// Counting needs no GPU: Dawn's null backend takes everything and computes nothing.
await describeGpu(
  'a training step, counted',
  () => {
    it.each(BUDGETS)(
      'of $network.name stays under $dispatches dispatches',
      async ({ network, dispatches }) => {
        const gpu = await openGpu(NULL_BACKEND);
        const config = { ...network, classes: 2 };
        const model = buildModel(config, { seed: 3, backend: gpu });
        const stepper = new Stepper(model, buildModel(config, { seed: 3, backend: gpu }), settings);
        const examples = recordings(network);
        const store = await RecordingStore.open(examples, gpu);
        await stepper.step(storedBatch(store, examples, network, 0, 32), 0, 1e-3);
        const before = gpu.counters;
        await stepper.step(storedBatch(store, examples, network, 1, 32), 1, 1e-3);
        expect(gpu.counters.dispatches - before.dispatches).toBeLessThanOrEqual(dispatches);
        await gpu.close();
      },
    );

    it('memory made for other shapes is given back', async () => {
      /** Bytes on the device after as many steps of each batch size as it takes. */
      const bytesAfter = async (sizes: readonly number[]) => {
        const own = await openGpu(NULL_BACKEND);
        for (const size of sizes) {
          const [model, average] = [0, 1].map(() =>
            buildModel({ ...lite, classes: 2 }, { seed: 3, backend: own }),
          );
          const stepper = new Stepper(model!, average!, settings);
          for (let step = 0; step < 130; step++) {
            await stepper.step(batchOf(lite, step % 3, size), step, 1e-3);
            if (stepper.unread === 30) await stepper.settle();
          }
          for (const each of [stepper, model!, average!]) each.dispose();
        }
        const { bytes } = own.counters;
        await own.close();
        return bytes;
      };
      const [large, small, smallAfterLarge] = [
        await bytesAfter([24]),
        await bytesAfter([3]),
        await bytesAfter([24, 3]),
      ];
      expect(smallAfterLarge).toBeLessThan((small + large) / 2);
    });
  },
  NULL_BACKEND,
);
