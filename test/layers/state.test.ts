/** Models by name, their size, and their values going out and in again. */
import { describe, expect, it } from 'vitest';
import { RunError, ShapeError, UsageError } from '../../src/base/errors.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import {
  AttentionPool,
  buildModel,
  crossEntropy,
  Initialiser,
  modelNames,
  SelfAttention,
} from '../../src/layers/index.ts';
import { normal, ones, scope, sizeOf } from '../../src/tensor/index.ts';

type Saved = { readonly shape: readonly number[]; readonly values: ArrayLike<number> };

const backend = reference();
const build = (name: string, seed = 1, bands = 16, frames = 24) =>
  buildModel({ name, bands, frames, classes: 2 }, { seed, backend });

describe('buildModel', () => {
  it('knows its models and their parameters at 64 bands × 128 frames', () => {
    const counts = Object.fromEntries(
      modelNames.map((name) => [name, build(name, 1, 64, 128).parameterCount()]),
    );
    expect(counts['reference-step']).toBe(6435);
    // Convolutions 160 + 4,640 without biases, norms 96, projection 512·64 + 64, attention 4·(64² + 64), head.
    expect(counts.seed).toBe(16 * 9 + 32 * 16 * 9 + 2 * 48 + 512 * 64 + 64 + 4 * 4160 + 32 * 64 * 2 + 2);
    expect(counts['pcg-lite']).toBeLessThanOrEqual(110_000);
  });

  it('keeps every value of pcg-lite, statistics included, within 450 kB of float32', async () => {
    const state = await build('pcg-lite', 1, 64, 128).state();
    const numbers = [...state.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect(4 * numbers).toBeLessThanOrEqual(450_000);
  });

  it('draws the same values for the same seed, others for another', async () => {
    const [a, b, c] = await Promise.all(
      [build('pcg-lite'), build('pcg-lite'), build('pcg-lite', 2)].map((m) => m.state()),
    );
    expect(b).toEqual(a);
    expect(c!.get('block1.conv.weight')).not.toEqual(a!.get('block1.conv.weight'));
  });

  it('refuses unknown names and sizes, saying what would do', () => {
    expect(() => build('resnet')).toThrow(UsageError);
    expect(() => build('resnet')).toThrow(/no model 'resnet'.*pcg-lite, seed, reference-step/);
    expect(() => build('toString')).toThrow(UsageError);
    expect(() => build('seed', 1, 7)).toThrow(/7 bands/);
    expect(() => build('seed', 1, 64, 2.5)).toThrow(/2\.5 frames/);
  });

  it('leaves no buffer behind when disposed of', () => {
    const before = backend.memory().buffers;
    for (const name of modelNames) {
      const model = build(name);
      scope(() => void model.probabilities(ones([1, 1, 16, 24], { backend })));
      model.dispose();
    }
    expect(backend.memory().buffers).toBe(before);
  });
});

describe('state and loadState', () => {
  it('give another model the same values and outputs, and come back the same', async () => {
    const [from, to] = [build('pcg-lite', 1), build('pcg-lite', 2)];
    const state = await from.state();
    to.loadState(state);
    from.loadState(state); // rounds its float64 values to float32 as well
    expect(await to.state()).toEqual(state);
    await scope(async () => {
      const x = normal([2, 1, 16, 24], { seed: 3, backend });
      expect(await to.probabilities(x).data()).toEqual(await from.probabilities(x).data());
    });
  });

  it('name every variable by its path', async () => {
    expect([...(await build('reference-step').state()).keys()]).toEqual([
      ...['block1', 'block2'].flatMap((block) =>
        ['conv.weight', 'conv.bias', 'norm.weight', 'norm.bias', 'norm.running_mean', 'norm.running_var'].map(
          (name) => `${block}.${name}`,
        ),
      ),
      ...['pool.weight', 'pool.bias', 'head.weight', 'head.bias'],
    ]);
  });

  it('refuse weights that are missing, unknown or of another shape, and change nothing then', async () => {
    const model = build('reference-step');
    const state = await model.state();
    const without = new Map(state);
    without.delete('head.bias');
    expect(() => model.loadState(without)).toThrow(RunError);
    expect(() => model.loadState(without)).toThrow(/missing head\.bias; unknown nothing/);
    const more = new Map<string, Saved>([...state, ['tail.weight', { shape: [1], values: [0] }]]);
    expect(() => model.loadState(more)).toThrow(/unknown tail\.weight/);
    const misshapen = new Map<string, Saved>();
    for (const [path, { shape, values }] of state)
      misshapen.set(path, { shape, values: values.map(() => 0) });
    misshapen.set('head.bias', { shape: [3], values: [1, 2, 3] });
    expect(() => model.loadState(misshapen)).toThrow(/head\.bias has shape \[3\] .* \[2\]/);
    expect(await model.state()).toEqual(state);
  });
});

describe('shapes that do not fit', () => {
  it('are named', () => {
    const init = new Initialiser(1, backend);
    expect(() => new SelfAttention(6, 4, init)).toThrow(/4 heads do not divide a width of 6/);
    const pool = new AttentionPool({ over: 'time', features: 10 }, init);
    const context = { training: false, seed: 0, step: 0 };
    expect(() => scope(() => pool.forward(ones([2, 3, 4, 5], { backend }), context))).toThrow(
      /have 12 features, expected 10/,
    );
    const logits = ones([2, 3], { backend });
    expect(() => crossEntropy(logits, [0, 1, 2, 0])).toThrow(ShapeError);
    expect(() => crossEntropy(logits, [0, 3])).toThrow(/target 1 is 3/);
    expect(() => crossEntropy(logits, [0, 0.5])).toThrow(/target 1 is 0\.5/);
    expect(() => crossEntropy(logits, [0, 1], { classWeights: [1, 2] })).toThrow(/2 class weights for 3/);
  });
});
