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
  features: 'c553111f56b71ee8f8f7f0f6e43a2f2b50a8d758dac90d8dbdf6635912d62a44',
  'pcg-lite': '836bb6d26d47170a1cd8b965e1b4d4b289c770530676fc08ab06f3866d335524',
  seed: '2c5e196e7e40b4336971eedd5dc2623686ebdcba27d785abb4038ecf17b661dc',
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
