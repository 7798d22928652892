/** Recordings loaded by real worker threads: the same bits in the same order, whatever their number. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { defaultFeatureSettings, writeWav16 } from '../../src/dsp/index.ts';
import { FeatureCache } from '../../src/train/cache/store.ts';
import { Interruption } from '../../src/train/interruption.ts';
import { type LoadOptions, loadExamples } from '../../src/train/load.ts';
import { synthDataset } from '../../src/train/synth/index.ts';
import { hashOf } from '../support/hash.ts';
import { temporaryFolder } from './temporary.ts';
import { bundleWorker } from './workers-bundle.ts';

const root = temporaryFolder();
const place = { site: 's', group: 'g', label: 0 };

/** Files of all lengths and some rates, bad ones among them, and recordings in memory. */
const entries = [
  ...Array.from({ length: 24 }, (_, i) => {
    const path = join(root, `${i}.wav`);
    const length = 2000 * (1 + ((i * 7) % 11));
    const sound = Float32Array.from({ length }, (_, k) => ((k * 7919 * (i + 1)) % 251) / 251 - 0.5);
    const bytes = writeWav16(
      i % 9 === 5 ? sound.fill(0.5) : sound,
      i % 4 === 3 ? 1750 : i % 4 === 2 ? 4000 : 2000,
    );
    writeFileSync(path, i % 10 === 7 ? bytes.subarray(0, 30) : bytes);
    return { id: `file-${i}`, path, ...place };
  }),
  { id: 'none', path: join(root, 'none.wav'), ...place },
  ...synthDataset({ recordings: 4, seconds: 3, seed: 1 }).recordings,
];

let worker: URL;
beforeAll(async () => {
  worker = await bundleWorker();
});

const load = async (options: LoadOptions = {}) => {
  const loaded = await loadExamples(entries, defaultFeatureSettings, { worker, ...options });
  const files = loaded.examples.filter(({ id }) => id.startsWith('file'));
  return { ...loaded, hash: hashOf(...files.map(({ data }) => data)) };
};

it('whatever the number of threads, and with a cache', async () => {
  const alone = await load({ threads: 1 });
  expect(alone.examples.length).toBeGreaterThan(20);
  expect(alone.skipped.map(({ code }) => code)).toContain('file/not-found');
  expect(alone.skipped.length).toBeGreaterThan(3);
  expect(alone.warnings.length).toBeGreaterThan(3);
  expect(alone.hash).toBe('5c0b5f4918870776a5725705e0beff5c1e0f6e0e65f0bb67ab05a4e73e364380');
  for (const threads of [2, 3, 5]) expect(await load({ threads })).toEqual(alone);
  const cache = new FeatureCache(temporaryFolder());
  for (let run = 0; run < 2; run++) expect(await load({ threads: 3, cache })).toEqual(alone);
  // What one thread put in, this one finds; those in memory are in no cache.
  expect(await load({ threads: 1, cache })).toEqual(alone);
  expect(cache.report).toMatchObject({ found: 2 * cache.report.made, damaged: 0, warnings: [] });
  expect(cache.report.made).toBe(alone.examples.length - 4);
});

it('tell how far they are', async () => {
  const progress: number[] = [];
  await load({ threads: 2, progress: (done, total) => progress.push(done, total) });
  expect(progress).toEqual(entries.flatMap((_, i) => [i + 1, entries.length]));
});

it.each([1, 2])('stop when told to, with %d threads', async (threads) => {
  const controller = new AbortController();
  const progress = () => controller.abort();
  await expect(load({ threads, progress, signal: controller.signal })).rejects.toThrow(Interruption);
});

it('say what is wrong with the settings', async () => {
  const wrong = { ...defaultFeatureSettings, sampleRate: 0 };
  const loading = loadExamples(entries, wrong, { worker, threads: 2 });
  await expect(loading).rejects.toMatchObject({ name: 'UsageError', code: 'dsp/settings' });
});
