/** Two processes that put the same recording in at the same time, and have the same number: those of two containers. */
import type * as Files from 'node:fs';
import { readdirSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { defaultFeatureSettings } from '../../src/dsp/index.ts';
import type { CachedFeatures } from '../../src/train/cache/entry.ts';
import { CacheShelf, PARTIAL_NAME } from '../../src/train/cache/shelf.ts';
import { FeatureCache } from '../../src/train/cache/store.ts';
import { temporaryFolder } from './temporary.ts';

/** What somebody else does once a part of an entry is written and not yet renamed. */
let meanwhile = () => {};
vi.mock('node:fs', async (original) => {
  const files = await original<typeof Files>();
  const writeFileSync = (...given: Parameters<typeof Files.writeFileSync>) => {
    files.writeFileSync(...given);
    const others = meanwhile;
    meanwhile = () => {};
    others();
  };
  return { ...files, writeFileSync };
});

it('neither takes what the other has written', () => {
  const folder = temporaryFolder();
  const features: CachedFeatures = {
    data: Float32Array.of(1, 2),
    bands: 1,
    frames: 2,
    secondsPerFrame: 0.025,
    seconds: 0.05,
    soundHash: 'abc',
    notes: [],
  };
  const [one, two] = [0, 1].map(() => new CacheShelf(new FeatureCache(folder).setup, defaultFeatureSettings));
  const parts: string[] = [];
  let other: unknown;
  meanwhile = () => {
    parts.push(...readdirSync(`${folder}/features`));
    other = two!.put('content', features);
  };
  const stored = { stored: expect.any(Number) };
  expect(one!.put('content', features)).toEqual(stored);
  expect(other).toEqual(stored);
  expect(one!.find('content')).toEqual(features);
  expect(readdirSync(`${folder}/features`)).toHaveLength(1);
  expect(parts).toEqual([expect.stringMatching(PARTIAL_NAME)]);
});
