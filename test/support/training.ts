/** Small trainings on any backend, for tests that set one beside another; also runs in a page. */
import type { Backend } from '../../src/kernels/backend.ts';
import { buildModel } from '../../src/layers/index.ts';
import { normalValues } from '../../src/tensor/random.ts';
import { type Example, planBatch } from '../../src/train/batch.ts';
import { defaultConfig } from '../../src/train/config.ts';
import type { RecordingStore } from '../../src/train/recording-store.ts';
import { type StepBatch, Stepper, type StepResult } from '../../src/train/stepper.ts';

export const settings = { ...defaultConfig, seed: 5 };

export interface Network {
  readonly name: string;
  readonly bands: number;
  readonly frames: number;
}

export const lite: Network = { name: 'pcg-lite', bands: 16, frames: 24 };
export const referenceStep: Network = { name: 'reference-step', bands: 16, frames: 20 };

/** Windows that differ from step to step; classes in turn, a little of each mixed. */
export function batchOf(
  { bands, frames }: Network,
  step: number,
  size = 6,
): StepBatch & { windows: Float32Array } {
  const windows = Float32Array.from(normalValues(size * bands * frames, { seed: 9, stream: step }));
  const targets = Float64Array.from({ length: 2 * size }, (_, i) => (i % 4 === 0 || i % 4 === 3 ? 0.9 : 0.1));
  return { windows, targets, size };
}

/** Recordings of different lengths, for steps that cut their windows on the device. */
export function recordings({ bands, frames }: Network, count = 9): Example[] {
  return Array.from({ length: count }, (_, i) => {
    const length = frames + 7 * i;
    const data = Float32Array.from(normalValues(bands * length, { seed: 11, stream: i }));
    return { id: `r${i}`, label: i % 2, site: 'a', group: `r${i}`, data, bands, frames: length };
  });
}

/** A batch as `fit` makes it: planned on the host, cut and varied on the device. */
export function storedBatch(
  store: RecordingStore,
  examples: readonly Example[],
  { frames }: Network,
  step: number,
  size = 6,
): StepBatch {
  const chosen = Array.from({ length: size }, (_, i) => (i + step) % examples.length);
  const shape = { frames, classes: 2, augment: settings.augment };
  const { windows, ...batch } = planBatch(examples, chosen, shape, { seed: settings.seed, step });
  return { ...batch, windows: () => store.windows(windows) };
}

export interface Trained {
  readonly results: readonly StepResult[];
  /** Of the model and of its average, by path. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

export async function train(
  backend: Backend,
  network: Network,
  steps: number,
  rate = 1e-3,
): Promise<Trained> {
  const config = { ...network, classes: 2 };
  const model = buildModel(config, { seed: 3, backend });
  const average = buildModel(config, { seed: 3, backend });
  const stepper = new Stepper(model, average, settings);
  for (let step = 0; step < steps; step++) await stepper.step(batchOf(network, step), step, rate);
  const results = await stepper.settle();
  const weights = new Map<string, Float32Array>();
  for (const [path, { values }] of await model.state()) weights.set(`model.${path}`, values);
  for (const [path, { values }] of await average.state()) weights.set(`average.${path}`, values);
  stepper.dispose();
  model.dispose();
  average.dispose();
  return { results, weights };
}

/**
 * Largest ‖a − b‖ / ‖b‖ of any tensor. Without two biases whose gradient is zero but for rounding, of which Adam makes
 * steps in any direction: one before a normalisation, which takes it out again, and one before a softmax, which
 * shifts all scores alike.
 */
export function distance(a: ReadonlyMap<string, Float32Array>, b: ReadonlyMap<string, Float32Array>) {
  let worst = { at: '', distance: 0 };
  for (const [path, expected] of b) {
    if (/conv\.bias|pool\.bias/.test(path)) continue;
    // What such a bias shifts.
    if (b.has(path.replace('norm.running_mean', 'conv.bias')) && path.includes('running_mean')) continue;
    const got = a.get(path)!;
    let [difference, size] = [0, 0];
    for (let i = 0; i < expected.length; i++) {
      difference += (got[i]! - expected[i]!) ** 2;
      size += expected[i]! ** 2;
    }
    const relative = Math.sqrt(difference / Math.max(size, 1e-12));
    if (!(relative <= worst.distance)) worst = { at: path, distance: relative };
  }
  return worst;
}
