import { describe, expect, it } from 'vitest';
import { augmentWindow, mixup, mixupDraws, NO_AUGMENTATION, windowDraws } from '../../src/train/augment.ts';
import { trainingBatch } from '../../src/train/batch.ts';
import { copyWindow, windowStarts } from '../../src/train/windows.ts';

const [bands, frames] = [16, 40];
const plain = () => Float32Array.from({ length: bands * frames }, (_, i) => 1 + (i % 7));
const varied = (settings: object, sample = 0) => {
  const window = plain();
  augmentWindow(window, bands, { ...NO_AUGMENTATION, ...settings }, windowDraws(1, 5, sample));
  return window;
};

describe('augmentWindow', () => {
  it('does nothing when told to do nothing', () => {
    expect(varied({})).toEqual(plain());
  });

  it('masks whole frames and whole bands, no wider than allowed', () => {
    for (let sample = 0; sample < 50; sample++) {
      const time = varied({ timeMasks: 1, timeMaskShare: 0.25 }, sample);
      const masked = Array.from({ length: frames }, (_, t) => time[t] === 0);
      expect(masked.filter(Boolean).length).toBeLessThanOrEqual(10);
      for (let t = 0; t < frames; t++) {
        for (let b = 0; b < bands; b++) expect(time[b * frames + t] === 0).toBe(masked[t]);
      }
      const frequency = varied({ frequencyMasks: 1, frequencyMaskShare: 0.25 }, sample);
      const rows = Array.from({ length: bands }, (_, b) => frequency.subarray(b * frames, (b + 1) * frames));
      const empty = rows.filter((row) => row.every((v) => v === 0));
      expect(empty.length).toBeLessThanOrEqual(4);
      expect(rows.every((row) => row.every((v) => v === 0) || row.every((v) => v !== 0))).toBe(true);
    }
  });

  it('adds noise of about the drawn deviation and no offset', () => {
    const differences = Array.from({ length: 200 }, (_, s) => {
      const window = varied({ noise: 1 }, s);
      return plain().map((v, i) => window[i]! - v);
    });
    const mean = (x: Float32Array) => x.reduce((a, b) => a + b) / x.length;
    const deviations = differences.map((d) => Math.sqrt(mean(d.map((v) => v * v))));
    expect(Math.max(...deviations)).toBeLessThan(1.1);
    // Deviations are drawn evenly between 0 and 1.
    expect(deviations.reduce((a, b) => a + b) / deviations.length).toBeCloseTo(0.5, 1);
    expect(Math.abs(differences.map(mean).reduce((a, b) => a + b) / 200)).toBeLessThan(0.01);
  });

  it('shifts level and tilt', () => {
    const window = varied({ gain: 0.5 });
    const shifts = plain().map((v, i) => window[i]! - v);
    expect(Math.max(...shifts.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(new Set(Array.from(shifts.subarray(0, frames), (v) => v.toFixed(4))).size).toBe(1);
    expect(shifts[0]).not.toBeCloseTo(shifts[bands * frames - 1]!, 3);
  });

  it('draws by place: the same again, another elsewhere', () => {
    expect(varied({ noise: 1 }, 3)).toEqual(varied({ noise: 1 }, 3));
    expect(varied({ noise: 1 }, 3)).not.toEqual(varied({ noise: 1 }, 4));
  });
});

describe('mixup', () => {
  it('mixes windows and targets in the same shares, the larger its own', () => {
    const batch = 64;
    const windows = Float32Array.from({ length: batch * 4 }, (_, i) => (Math.floor(i / 4) % 2 ? 1 : 0));
    const targets = Float64Array.from({ length: batch * 2 }, (_, i) =>
      Math.floor(i / 2) % 2 === i % 2 ? 1 : 0,
    );
    mixup(windows, targets, batch, 0.4, mixupDraws(1, 0));
    let mixed = 0;
    for (let i = 0; i < batch; i++) {
      const own = targets[i * 2 + (i % 2)]!;
      expect(own).toBeGreaterThanOrEqual(0.5);
      expect(targets[i * 2]! + targets[i * 2 + 1]!).toBeCloseTo(1, 12);
      expect(windows[i * 4]).toBeCloseTo(targets[i * 2 + 1]!, 5);
      if (own < 0.95) mixed++;
    }
    expect(mixed).toBeGreaterThan(5);
  });
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

it('a batch can be made again on its own, in any order', () => {
  const examples = Array.from({ length: 6 }, (_, n) => ({
    id: `r${n}`,
    label: n % 2,
    site: 's',
    group: `g${n}`,
    bands,
    frames: 90,
    data: Float32Array.from({ length: bands * 90 }, (_, i) => n + (i % 90) / 90),
  }));
  const settings = {
    frames,
    classes: 2,
    augment: { ...NO_AUGMENTATION, noise: 0.3, mixup: 0.2, timeMasks: 1, timeMaskShare: 0.2 },
  };
  const make = (step: number) => trainingBatch(examples, [0, 3, 5], settings, { seed: 9, step });
  const later = make(7);
  make(1);
  expect(make(7)).toEqual(later);
  expect(make(8).windows).not.toEqual(later.windows);
});
