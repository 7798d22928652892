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
  features: '3735762642820bc3925590363b655109dd9ed9e1b8761e1debe4d5a6f54490d8',
  'pcg-lite': 'f23b1b88e25ab4539e84aa65edaf26efccbb543442575d144eb483264f18f2d4',
  seed: 'bc28b2d80928815841c0ad74175f7d34d1d12c227f21465bcada60c24584a057',
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
