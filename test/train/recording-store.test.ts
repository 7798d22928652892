/**
 * Batches of training windows: on `cpu` their bits, which a seed decides for good; on the other backends the same
 * crops and masks and the same numbers within float32; alike whether recordings lie on the device or come with the
 * batch.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import { type Backend, normalValues, scope, uniformValues, type Values } from '../../src/tensor/index.ts';
import { type AugmentSettings, NO_AUGMENTATION } from '../../src/train/augment.ts';
import { planWindowsAt } from '../../src/train/augment-plan.ts';
import { type Example, planBatch } from '../../src/train/batch.ts';
import { RecordingStore } from '../../src/train/recording-store.ts';
import { copyWindow } from '../../src/train/windows.ts';
import { describeGpu, openGpu } from '../support/gpu.ts';
import { hashOf } from '../support/hash.ts';

const bands = 10;
const examples: Example[] = [31, 9, 70, 24, 25, 1].map((frames, i) => ({
  id: `r${i}`,
  label: i % 2,
  site: 's',
  group: `g${i}`,
  bands,
  frames,
  data: Float32Array.from(normalValues(bands * frames, { seed: 5, stream: i })),
}));
const chosen = [0, 3, 5, 2, 1, 4, 2];

const FULL: AugmentSettings = {
  timeMasks: 2, timeMaskShare: 0.2, frequencyMasks: 1, frequencyMaskShare: 0.3, gain: 0.2, noise: 0.3, mixup: 0.3,
}; // biome-ignore format: one look
const SETTINGS: readonly AugmentSettings[] = [
  NO_AUGMENTATION,
  FULL,
  { ...FULL, gain: 0 },
  { ...FULL, mixup: 0, frequencyMasks: 3 },
  { ...NO_AUGMENTATION, noise: 1 },
  ...Array.from({ length: 20 }, (_, i) => {
    const u = uniformValues(7, { seed: 6, stream: i });
    return {
      timeMasks: Math.floor(u[0]! * 4),
      timeMaskShare: u[1]!,
      frequencyMasks: Math.floor(u[2]! * 4),
      frequencyMaskShare: u[3]!,
      gain: Math.max(0, u[4]! - 0.3),
      noise: Math.max(0, u[5]! - 0.3),
      mixup: Math.max(0, u[6]! - 0.3),
    };
  }),
];

/** Frames of the windows: a whole number of vec4s, and not. */
const plans = SETTINGS.map((augment, step) =>
  planBatch(
    examples,
    chosen,
    { frames: step % 2 ? 25 : 24, classes: 2, augment },
    { seed: 2 ** 35 + 7, step },
  ),
);

async function batchesOn(backend: Backend, onDevice: boolean): Promise<Values[]> {
  const store = await RecordingStore.open(examples, backend, { onDevice });
  expect(store.onDevice).toBe(onDevice);
  const batches: Values[] = [];
  for (const { windows } of plans) batches.push(await scope(() => store.windows(windows).data()));
  store.dispose();
  expect(backend.memory().buffers).toBe(0);
  return batches;
}

/** Largest difference; values that are exactly 0 (masks) must be so on both sides. */
function difference(got: readonly Values[], want: readonly Values[]): number {
  let worst = 0;
  for (const [i, values] of want.entries()) {
    expect(got[i]!.length).toBe(values.length);
    for (const [j, value] of values.entries()) {
      const other = got[i]![j]!;
      if ((value === 0) !== (other === 0)) return Infinity;
      worst = Math.max(worst, Math.abs(value - other));
      if (Number.isNaN(worst)) return worst;
    }
  }
  return worst;
}

const [truth, machine] = [reference(), await cpu({ threads: 2 })];
afterAll(() => Promise.all([truth.close(), machine.close()]));

describe('batches', () => {
  it('have the committed bits', async () => {
    const batches = await batchesOn(machine, true);
    expect(hashOf(...batches, ...plans.map(({ targets }) => targets))).toBe(
      'c97b3c03a5795ea7a95778a09e74f86fd5bba5b32c2cf94ae29c6400fa4ed7da',
    );
    expect(hashOf(...(await batchesOn(machine, false)))).toBe(hashOf(...batches));
    const alone = await cpu({ threads: 1 });
    expect(hashOf(...(await batchesOn(alone, true)))).toBe(hashOf(...batches));
    await alone.close();
  });

  it('are the same on reference', async () => {
    const batches = await batchesOn(machine, true);
    expect(difference(await batchesOn(truth, true), batches)).toBeLessThan(1e-6);
    expect(difference(await batchesOn(truth, false), batches)).toBeLessThan(1e-6);
  });

  it('mask as much as they are told to', async () => {
    const settings = {
      ...NO_AUGMENTATION,
      timeMasks: 1,
      timeMaskShare: 1,
      frequencyMasks: 1,
      frequencyMaskShare: 1,
    };
    const size = { frames: 24, classes: 2, augment: settings };
    const { windows } = planBatch(examples, chosen, size, { seed: 1, step: 3 });
    const store = await RecordingStore.open(examples, machine);
    const values = await scope(() => store.windows(windows).data());
    for (let row = 0; row < chosen.length; row++) {
      const [band, height, frame, width] = windows.plan.subarray(
        row * 9 + 5,
        row * 9 + 9,
      ) as unknown as number[];
      for (let i = 0; i < bands * 24; i++) {
        const inside = (at: number, from: number, count: number) => at >= from && at < from + count;
        const masked = inside(Math.floor(i / 24), band!, height!) || inside(i % 24, frame!, width!);
        expect(values[row * bands * 24 + i] === 0).toBe(masked);
      }
    }
  });
});

it('windows at given places are the recordings themselves', async () => {
  const frames = 24;
  const places = [
    { recording: 2, start: 46 },
    { recording: 1, start: 0 },
    { recording: 4, start: 1 },
  ];
  const want = new Float32Array(places.length * bands * frames);
  places.forEach(({ recording, start }, i) => {
    copyWindow(examples[recording]!, start, frames, want, i * bands * frames);
  });
  for (const onDevice of [false, true]) {
    const store = await RecordingStore.open(examples, machine, { onDevice });
    const plan = planWindowsAt(places, (recording) => examples[recording]!.frames, { bands, frames });
    expect(await scope(() => store.windows(plan).data())).toEqual(want);
    store.dispose();
  }
});

it('refuses recordings of different bands', async () => {
  const other = { ...examples[1]!, bands: 3, frames: 30 };
  await expect(RecordingStore.open([examples[0]!, other], machine)).rejects.toThrow(
    /Recording 2 has 3 bands, the first 10/,
  );
});

await describeGpu('batches on webgpu', () => {
  let gpu: Backend;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterAll(() => gpu.close());

  it('have the same crops, masks and noise', async () => {
    const batches = await batchesOn(machine, true);
    expect(difference(await batchesOn(gpu, true), batches)).toBeLessThan(1e-6);
    expect(difference(await batchesOn(gpu, false), batches)).toBeLessThan(1e-6);
  });
});
