/**
 * The same bits on every machine: a whole training, from samples to weights and probabilities, has the hash that
 * was committed. It changes only with code that changes results, and then on purpose.
 */
import { expect, it } from 'vitest';
import { extractFeatures } from '../../src/dsp/index.ts';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { buildModel } from '../../src/layers/index.ts';
import type { Example } from '../../src/train/batch.ts';
import { defaultConfig, resolveConfig, windowFrames } from '../../src/train/config.ts';
import { fit } from '../../src/train/fit.ts';
import { judge } from '../../src/train/judge.ts';
import { synthDataset } from '../../src/train/synth/index.ts';
import { hashOf } from '../support/hash.ts';

const EXPECTED = {
  features: '673c49a881b70c2e8ef928b4908046b6600510740c243ebc2a8300b578aad9a1',
  'pcg-lite': '8df0234cf46be2247e38eccb9daf73c324df829ff3c18596c33f7ba3bc01a1e8',
  seed: '14244aee8753bfe28ab9122af694f1c9e95b61b9a05f9695a46724b54bfbf202',
};

const recordings = synthDataset({ recordings: 40, seconds: 4, seed: 5 }).recordings;
const examples: Example[] = recordings.map(({ id, label, site, group, samples }) => {
  const { data, bands, frames } = extractFeatures(samples, 2000, defaultConfig.features);
  return { id, label, site, group, data, bands, frames };
});

it('features have the committed hash', () => {
  expect(hashOf(...examples.map(({ data }) => data))).toBe(EXPECTED.features);
});

it.each(['pcg-lite', 'seed'] as const)('a training of %s has the committed hash', async (name) => {
  const config = resolveConfig({ model: name, epochs: 2, batchSize: 8, windowSeconds: 2, patience: 0 });
  const backend = await cpu({ threads: 2 });
  const build = () =>
    buildModel({ name, bands: 64, frames: windowFrames(config), classes: 2 }, { seed: 1, backend });
  const [model, average] = [build(), build()];
  const { best } = await fit(model, average, examples.slice(0, 32), examples.slice(32), config);
  average.loadState(best.weights);
  const probabilities = await judge(average, examples.slice(32));
  const weights = [...best.weights.values()].map(({ values }) => values);
  expect(hashOf(...weights, Float64Array.from(probabilities.flat()))).toBe(EXPECTED[name]);
  await backend.close();
});
