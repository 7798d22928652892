import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/kernels/backend.ts';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { buildModel } from '../../src/layers/index.ts';
import { NO_AUGMENTATION } from '../../src/train/augment.ts';
import type { Example } from '../../src/train/batch.ts';
import { resolveConfig, type TrainConfig } from '../../src/train/config.ts';
import { Draws } from '../../src/train/draws.ts';
import { type FitHooks, type FitResult, fit } from '../../src/train/fit.ts';
import { judge } from '../../src/train/judge.ts';
import type { SavedState } from '../../src/train/state.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await cpu({ threads: 2 });
});
afterAll(() => backend.close());

const [bands, frames] = [16, 24];

/** Noise, with a bright band in class 1: easy, so that a few epochs are enough. */
function examples(count: number, seed: number): Example[] {
  return Array.from({ length: count }, (_, n) => {
    const draws = new Draws(seed, 1, n);
    const label = n % 2;
    const data = Float32Array.from(
      { length: bands * 40 },
      (_, i) => draws.normal() + (label && Math.floor(i / 40) === 5 ? 2 : 0),
    );
    return { id: `${seed}-${n}`, label, site: n % 3 ? 'p' : 'q', group: `g${n}`, bands, frames: 40, data };
  });
}

const config: TrainConfig = resolveConfig({
  model: 'reference-step',
  epochs: 3,
  batchSize: 8,
  patience: 0,
  learningRate: 5e-3,
  emaDecay: 0.9,
  augment: { ...NO_AUGMENTATION, noise: 0.1, mixup: 0.2 },
});
const [train, validation] = [examples(48, 1), examples(24, 2)];

async function run(overrides: Partial<TrainConfig> = {}, hooks: FitHooks = {}): Promise<FitResult> {
  const used = { ...config, ...overrides };
  const build = () =>
    buildModel({ name: used.model, bands, frames, classes: 2 }, { seed: used.seed, backend });
  const [model, average] = [build(), build()];
  try {
    return await fit(model, average, train, validation, used, hooks);
  } finally {
    model.dispose();
    average.dispose();
  }
}

function bits(result: FitResult): string {
  return [...result.best.weights]
    .map(
      ([path, { values }]) =>
        `${path}:${Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')}`,
    )
    .join('\n');
}

describe('fit', () => {
  it('learns what can be learnt, and frees everything', async () => {
    const before = backend.memory().buffers;
    const result = await run({ epochs: 8 });
    expect(result.stopped).toBe('epochs');
    expect(result.history).toHaveLength(8);
    expect(result.history[7]!.validationLoss).toBeLessThan(result.history[0]!.validationLoss);
    expect(result.history[result.best.epoch - 1]!.validationAuc).toBeGreaterThan(0.95);
    expect(backend.memory().buffers).toBe(before);
  });

  it('gives the same bits again, and others from another seed', async () => {
    const [a, b, c] = [await run(), await run(), await run({ seed: 2 })];
    expect(bits(a)).toBe(bits(b));
    expect(a.history).toEqual(b.history);
    expect(bits(a)).not.toBe(bits(c));
  });

  it('resumed in the middle of an epoch, gives the bits of a training without a break', async () => {
    const whole = await run();
    const stop = new AbortController();
    let saved: SavedState | undefined;
    let steps = 0;
    const broken = await run(
      {},
      {
        signal: stop.signal,
        onStep: () => {
          if (++steps === 9) stop.abort();
        },
        onCheckpoint: (state) => {
          saved = state;
        },
      },
    );
    expect(broken.stopped).toBe('interrupted');
    const resumed = await run({}, { resume: saved! });
    expect(bits(resumed)).toBe(bits(whole));
    expect(resumed.history).toEqual(whole.history);
  });

  it('stops early without progress', async () => {
    const result = await run({ epochs: 50, patience: 2, learningRate: 0 });
    expect(result.stopped).toBe('patience');
    expect(result.history.length).toBeLessThan(12);
  });

  it('stops when the loss diverges, and keeps the last good weights', async () => {
    const poisoned = train.map((example, n) =>
      n === 30 ? { ...example, data: example.data.map(() => Number.NaN) } : example,
    );
    const build = () => buildModel({ name: config.model, bands, frames, classes: 2 }, { seed: 1, backend });
    const [model, average] = [build(), build()];
    const result = await fit(model, average, poisoned, validation, config);
    expect(result.stopped).toBe('diverged');
    expect(result.reason).toMatch(/epoch 1, step \d+: loss NaN/);
    for (const layer of [model, average]) {
      for (const [path, { values }] of await layer.state())
        expect(values.every(Number.isFinite), path).toBe(true);
    }
    model.dispose();
    average.dispose();
  });

  it('refuses to train on nothing', async () => {
    const model = buildModel({ name: config.model, bands, frames, classes: 2 }, { seed: 1, backend });
    await expect(fit(model, model, [], validation, config)).rejects.toThrow(/0 training and 24 validation/);
    model.dispose();
  });
});

describe('judge', () => {
  it('gives the same bits whatever is judged beside it', async () => {
    for (const name of ['reference-step', 'pcg-lite', 'seed']) {
      const model = buildModel({ name, bands, frames, classes: 2 }, { seed: 4, backend });
      const together = await judge(model, validation, { batchSize: 32 });
      const alone = await judge(model, [validation[3]!], { batchSize: 1 });
      expect(alone[0], name).toEqual(together[3]);
      expect(together[0]![0]! + together[0]![1]!).toBeCloseTo(1, 6);
      model.dispose();
    }
  });
});
