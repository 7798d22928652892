import { afterAll, describe, expect, it } from 'vitest';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { scope } from '../../src/tensor/index.ts';
import { type AugmentSettings, NO_AUGMENTATION } from '../../src/train/augment.ts';
import { type Example, planBatch } from '../../src/train/batch.ts';
import { RecordingStore } from '../../src/train/recording-store.ts';
import { copyWindow, windowStarts } from '../../src/train/windows.ts';

const machine = await cpu({ threads: 1 });
afterAll(() => machine.close());

const [bands, frames] = [16, 40];
function example(n: number, values: (i: number) => number, length = frames): Example {
  const data = Float32Array.from({ length: bands * length }, (_, i) => values(i));
  return { id: `r${n}`, label: n % 2, site: 's', group: `g${n}`, bands, frames: length, data };
}

/** Values and targets of a batch. */
async function make(
  examples: readonly Example[],
  chosen: readonly number[],
  changes: Partial<AugmentSettings>,
  step: number,
  seed = 1,
) {
  const settings = { frames, classes: 2, augment: { ...NO_AUGMENTATION, ...changes } };
  const { windows: plan, targets } = planBatch(examples, chosen, settings, { seed, step });
  const store = await RecordingStore.open(examples, machine);
  const windows = await scope(() => store.windows(plan).data());
  store.dispose();
  return { windows, targets };
}

const plain = example(0, (i) => 1 + (i % 7));
/** `count` windows of `plain`, varied. */
async function varied(settings: Partial<AugmentSettings>, count = 1, step = 5): Promise<Float32Array[]> {
  const { windows } = await make([plain], new Array<number>(count).fill(0), settings, step);
  const size = bands * frames;
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from(windows.subarray(i * size, (i + 1) * size)),
  );
}

describe('augmentation', () => {
  it('does nothing when told to do nothing', async () => {
    expect(await varied({})).toEqual([plain.data]);
  });

  it('masks whole frames and whole bands, no wider than allowed', async () => {
    for (const time of await varied({ timeMasks: 1, timeMaskShare: 0.25 }, 50)) {
      const masked = Array.from({ length: frames }, (_, t) => time[t] === 0);
      expect(masked.filter(Boolean).length).toBeLessThanOrEqual(10);
      for (let t = 0; t < frames; t++) {
        for (let b = 0; b < bands; b++) expect(time[b * frames + t] === 0).toBe(masked[t]);
      }
    }
    for (const frequency of await varied({ frequencyMasks: 1, frequencyMaskShare: 0.25 }, 50)) {
      const rows = Array.from({ length: bands }, (_, b) => frequency.subarray(b * frames, (b + 1) * frames));
      const empty = rows.filter((row) => row.every((v) => v === 0));
      expect(empty.length).toBeLessThanOrEqual(4);
      expect(rows.every((row) => row.every((v) => v === 0) || row.every((v) => v !== 0))).toBe(true);
    }
  });

  it('adds noise of about the drawn deviation and no offset', async () => {
    const differences = (await varied({ noise: 1 }, 200)).map((window) =>
      plain.data.map((v, i) => window[i]! - v),
    );
    const mean = (x: Float32Array) => x.reduce((a, b) => a + b) / x.length;
    const deviations = differences.map((d) => Math.sqrt(mean(d.map((v) => v * v))));
    expect(Math.max(...deviations)).toBeLessThan(1.1);
    // Deviations are drawn evenly between 0 and 1.
    expect(deviations.reduce((a, b) => a + b) / deviations.length).toBeCloseTo(0.5, 1);
    expect(Math.abs(differences.map(mean).reduce((a, b) => a + b) / 200)).toBeLessThan(0.01);
  });

  it('shifts level and tilt', async () => {
    const [window] = await varied({ gain: 0.5 });
    const shifts = plain.data.map((v, i) => window![i]! - v);
    expect(Math.max(...shifts.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(new Set(Array.from(shifts.subarray(0, frames), (v) => v.toFixed(4))).size).toBe(1);
    expect(shifts[0]).not.toBeCloseTo(shifts[bands * frames - 1]!, 3);
  });

  it('draws by place: the same again, another elsewhere', async () => {
    const windows = await varied({ noise: 1 }, 5);
    expect((await varied({ noise: 1 }, 4))[3]).toEqual(windows[3]);
    expect(windows[3]).not.toEqual(windows[4]);
    expect(await varied({ noise: 1 }, 5, 6)).not.toEqual(windows);
  });
});

it('mixup mixes windows and targets in the same shares, the larger its own', async () => {
  const count = 64;
  const examples = [0, 1].map((n) => example(n, () => n));
  const chosen = Array.from({ length: count }, (_, i) => i % 2);
  const { windows, targets } = await make(examples, chosen, { mixup: 0.4 }, 0);
  let mixed = 0;
  for (let i = 0; i < count; i++) {
    const own = targets[i * 2 + (i % 2)]!;
    expect(own).toBeGreaterThanOrEqual(0.5);
    expect(targets[i * 2]! + targets[i * 2 + 1]!).toBeCloseTo(1, 12);
    expect(windows[i * bands * frames]).toBeCloseTo(targets[i * 2 + 1]!, 5);
    if (own < 0.95) mixed++;
  }
  expect(mixed).toBeGreaterThan(5);
});

describe('windows', () => {
  it('cover a recording, the last one ending with it', () => {
    expect(windowStarts(100, 40, 20)).toEqual([0, 20, 40, 60]);
    expect(windowStarts(105, 40, 20)).toEqual([0, 20, 40, 60, 65]);
    expect(windowStarts(40, 40, 20)).toEqual([0]);
    expect(windowStarts(7, 40, 20)).toEqual([0]);
  });

  it('repeat a recording that is too short', () => {
    const out = new Float32Array(10);
    copyWindow({ data: Float32Array.of(1, 2, 3, 4, 5, 6), bands: 2, frames: 3 }, 0, 5, out, 0);
    expect(Array.from(out)).toEqual([1, 2, 3, 1, 2, 4, 5, 6, 4, 5]);
  });
});

it('a batch can be made again on its own, in any order', async () => {
  const examples = Array.from({ length: 6 }, (_, n) => example(n, (i) => n + (i % 90) / 90, 90));
  const settings = { noise: 0.3, mixup: 0.2, timeMasks: 1, timeMaskShare: 0.2 };
  const batch = (step: number) => make(examples, [0, 3, 5], settings, step, 9);
  const later = await batch(7);
  await batch(1);
  expect(await batch(7)).toEqual(later);
  expect((await batch(8)).windows).not.toEqual(later.windows);
});
