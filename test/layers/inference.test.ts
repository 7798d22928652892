/** What differs between training and inference: folding, dropout, observation. */

import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import {
  AttentionPool,
  BatchNorm,
  buildModel,
  type Context,
  Conv2d,
  ConvNorm,
  Dropout,
  Initialiser,
  inference,
  type Layer,
  SelfAttention,
} from '../../src/layers/index.ts';
import { normal, ones, scope, type Tensor, uniform } from '../../src/tensor/index.ts';
import { expectClose } from './golden.ts';

const backend = reference();
const training: Context = { training: true, seed: 3, step: 0 };

describe('ConvNorm at inference', () => {
  const config = { inChannels: 2, outChannels: 3, kernel: [3, 3], padding: 1, bias: true } as const;

  /** The same variables in a convolution and a normalisation that know nothing of each other. */
  async function unfolded(layer: ConvNorm, x: Tensor): Promise<ArrayLike<number>> {
    const conv = new Conv2d(config, new Initialiser(5, backend));
    const norm = new BatchNorm(3, new Initialiser(5, backend), { relu: true });
    const state = new Map(
      await Promise.all(
        [...layer.variables()].map(
          async ([path, { value, shape }]) => [path, { shape, values: await value.data() }] as const,
        ),
      ),
    );
    const part = (name: string) =>
      new Map([...state].filter(([p]) => p.startsWith(name)).map(([p, v]) => [p.slice(name.length), v]));
    conv.loadState(part('conv.'));
    norm.loadState(part('norm.'));
    return norm.forward(conv.forward(x), inference).data();
  }

  it('folds the normalisation, and folds again when a value changes', () =>
    scope(async () => {
      const layer = new ConvNorm(config, new Initialiser(1, backend));
      let stream = 0;
      for (const variable of layer.variables().values()) {
        variable.assign(uniform(variable.shape, { seed: 2, stream: stream++, backend }).add(0.5));
      }
      const x = normal([2, 2, 5, 4], { seed: 9, backend });
      const first = await layer.forward(x, inference).data();
      expectClose(first, Array.from(await unfolded(layer, x)), 1e-13, 'folded');
      expect(await layer.forward(x, inference).data()).toEqual(first);

      layer.forward(x, training); // moves the running statistics
      const second = await layer.forward(x, inference).data();
      expect(second).not.toEqual(first);
      expectClose(second, Array.from(await unfolded(layer, x)), 1e-13, 'folded again');

      layer
        .variables()
        .get('conv.weight')!
        .assign(normal([3, 2, 3, 3], { seed: 10, backend }));
      expectClose(
        await layer.forward(x, inference).data(),
        Array.from(await unfolded(layer, x)),
        1e-13,
        'folded with another weight',
      );
    }));

  it('refuses what its convolution would do before the normalisation', () => {
    const init = new Initialiser(1, backend);
    for (const extra of [{ pool: 2 }, { relu: true }]) {
      expect(() => new ConvNorm({ ...config, ...extra }, init)).toThrow(UsageError);
    }
  });

  it('frees what it folded', () => {
    const before = backend.memory().buffers;
    const layer = new ConvNorm(config, new Initialiser(1, backend));
    scope(() => void layer.forward(ones([1, 2, 4, 4], { backend }), inference));
    layer.dispose();
    expect(backend.memory().buffers).toBe(before);
  });
});

describe('Dropout', () => {
  it('passes its input through at inference and with p = 0', () => {
    const x = ones([4, 4], { backend });
    expect(new Dropout(0.5, new Initialiser(1, backend)).forward(x, inference)).toBe(x);
    expect(new Dropout(0, new Initialiser(1, backend)).forward(x, training)).toBe(x);
    x.dispose();
  });

  it('drops about p of the units in training, scales the rest, and differs by step and layer', () =>
    scope(async () => {
      const init = new Initialiser(1, backend);
      const [first, second] = [new Dropout(0.25, init), new Dropout(0.25, init)];
      const x = ones([100, 100], { backend });
      const masks = await Promise.all(
        [
          first.forward(x, training),
          first.forward(x, training),
          first.forward(x, { ...training, step: 1 }),
          second.forward(x, training),
        ].map((y) => y.data()),
      );
      const kept = masks[0]!.filter((value) => value !== 0);
      expect(kept.every((value) => Math.abs(value - 4 / 3) < 1e-12)).toBe(true);
      // 10,000 draws: five standard deviations are 0.022.
      expect(Math.abs(kept.length / 10_000 - 0.75)).toBeLessThan(0.022);
      expect(masks[1]).toEqual(masks[0]);
      expect(masks[2]).not.toEqual(masks[0]);
      expect(masks[3]).not.toEqual(masks[0]);
    }));

  it('drops whole channels when asked to', () =>
    scope(async () => {
      const layer = new Dropout(0.5, new Initialiser(1, backend), { perChannel: true });
      const values = await layer.forward(ones([8, 8, 3, 3], { backend }), training).data();
      const channels = Array.from({ length: 64 }, (_, i) => new Set(values.slice(i * 9, i * 9 + 9)));
      expect(channels.every((seen) => seen.size === 1)).toBe(true);
      expect(new Set(channels.flatMap((seen) => [...seen]))).toEqual(new Set([0, 2]));
    }));
});

describe('attention weights', () => {
  const cases: Record<string, readonly [Layer, readonly number[], readonly number[], number]> = {
    'SelfAttention, two heads': [
      new SelfAttention(6, 2, new Initialiser(1, backend)),
      [3, 5, 6],
      [3, 2, 5, 5],
      5,
    ],
    'AttentionPool over time': [
      new AttentionPool({ over: 'time', features: 8, heads: 3 }, new Initialiser(1, backend)),
      [2, 2, 4, 7],
      [2, 3, 7],
      7,
    ],
    'AttentionPool over time and frequency': [
      new AttentionPool({ over: 'time-frequency', features: 2, hidden: 4 }, new Initialiser(1, backend)),
      [2, 2, 4, 7],
      [2, 1, 4, 7],
      28,
    ],
  };

  it.each(Object.entries(cases))('%s: can be read back, and sum to 1', (_, [layer, shape, seen, positions]) =>
    scope(async () => {
      const observed: [Layer, string, Tensor][] = [];
      const x = normal(shape, { seed: 6, backend });
      layer.forward(x, { ...inference, observe: (...args) => void observed.push(args) });
      expect(observed.map(([from, name, value]) => [from === layer, name, value.shape])).toEqual([
        [true, 'weights', seen],
      ]);
      const weights = Float64Array.from(await observed[0]![2].data());
      for (let row = 0; row < weights.length; row += positions) {
        const part = weights.slice(row, row + positions);
        expect(Math.min(...part)).toBeGreaterThan(0);
        expect(part.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      }
    }),
  );

  it('are there for every model, with its gates, and observing changes nothing', () =>
    scope(async () => {
      for (const [name, expected] of [
        ['reference-step', ['weights']],
        ['seed', ['weights']],
        ['pcg-lite', ['gate', 'gate', 'weights']],
      ] as const) {
        const model = buildModel({ name, bands: 16, frames: 24, classes: 2 }, { seed: 1, backend });
        const x = normal([2, 1, 16, 24], { seed: 2, backend });
        const names: string[] = [];
        const observed = model.probabilities(x, {
          ...inference,
          observe: (_, what) => void names.push(what),
        });
        expect(names).toEqual(expected);
        const values = await model.probabilities(x).data();
        expect(await observed.data()).toEqual(values);
        expect(values[0]! + values[1]!).toBeCloseTo(1, 12);
        model.dispose();
      }
    }));
});
