import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ChannelChoice, defaultFeatureSettings, writeWav16 } from '../../src/dsp/index.ts';
import { encodeEntry } from '../../src/train/cache/entry.ts';
import { CacheShelf } from '../../src/train/cache/shelf.ts';
import { CACHE_LIMIT, FeatureCache } from '../../src/train/cache/store.ts';
import { hashBytes } from '../../src/train/hash.ts';
import { type LoadOptions, loadExamples } from '../../src/train/load.ts';
import { synthDataset } from '../../src/train/synth/index.ts';
import { features, key } from './cache-features.ts';
import { writeFlac } from './flac-files.ts';
import { temporaryFolder } from './temporary.ts';

/** Three recordings of a second, and a bad one. */
const root = temporaryFolder();
const sound = (seed: number) =>
  Float32Array.from({ length: 4000 }, (_, i) => ((i * 7919 * seed) % 251) / 251 - 0.5);
for (const [name, bytes] of Object.entries({
  'a.wav': writeWav16(sound(1), 2000),
  'b.wav': writeWav16(sound(2), 1700),
  'c.wav': writeWav16(sound(3), 2000),
  'copy.wav': writeWav16(sound(1), 2000),
  'bad.wav': writeWav16(new Float32Array(4000), 2000),
}))
  writeFileSync(join(root, name), bytes);

const load = async (cache: FeatureCache | undefined, names = ['a', 'b', 'c'], options: LoadOptions = {}) => {
  const entries = names.map((id) => ({ id, path: join(root, `${id}.wav`), site: 's', group: id, label: 0 }));
  const settings = { ...defaultFeatureSettings, logMel: { ...defaultFeatureSettings.logMel, bands: 8 } };
  return loadExamples(entries, settings, { cache, ...options });
};
const counts = ({ report: { found, made, damaged } }: FeatureCache) => ({ found, made, damaged });
const entriesIn = (folder: string) =>
  readdirSync(join(folder, 'features')).map((name) => join(folder, 'features', name));

describe('recordings and a cache', () => {
  it('are the same with it, without it, and from it', async () => {
    const plain = await load(undefined);
    const folder = temporaryFolder();
    const [first, second] = [new FeatureCache(folder), new FeatureCache(folder)];
    expect(await load(first)).toEqual(plain);
    expect(await load(second)).toEqual(plain);
    expect(counts(first)).toEqual({ found: 0, made: 3, damaged: 0 });
    expect(counts(second)).toEqual({ found: 3, made: 0, damaged: 0 });
    expect([...first.report.warnings, ...second.report.warnings]).toEqual([]);
    // Warnings name the file of now, not that of then.
    expect(plain.warnings).toEqual([expect.stringMatching(/b\.wav has 1700 samples a second/)]);
  });

  it('are known by what they hold, not by their name', async () => {
    const cache = new FeatureCache(temporaryFolder());
    await load(cache, ['a']);
    const { examples } = await load(cache, ['copy']);
    expect(counts(cache)).toEqual({ found: 1, made: 1, damaged: 0 });
    expect(examples[0]!.id).toBe('copy');
  });

  it('are others for another channel', async () => {
    const cache = new FeatureCache(temporaryFolder());
    const stereo = writeWav16(sound(5), 2000);
    new DataView(stereo.buffer).setUint16(22, 2, true);
    new DataView(stereo.buffer).setUint16(32, 4, true);
    const path = join(temporaryFolder(), 'stereo.wav');
    writeFileSync(path, stereo);
    const entries = [{ id: 'stereo', path, site: 's', group: 'g', label: 0 }];
    const { logMel } = defaultFeatureSettings;
    const read = async (channel: ChannelChoice, use?: FeatureCache) => {
      const settings = { ...defaultFeatureSettings, channel, logMel: { ...logMel, bands: 8 } };
      return (await loadExamples(entries, settings, use ? { cache: use } : {})).examples[0]!.data;
    };
    const choices = ['mix', 1, 2] as const;
    for (const channel of choices) await read(channel, cache);
    expect(counts(cache)).toEqual({ found: 0, made: 3, damaged: 0 });
    for (const channel of choices) expect(await read(channel, cache)).toEqual(await read(channel));
    expect(counts(cache)).toEqual({ found: 3, made: 3, damaged: 0 });
    expect(await read(1)).not.toEqual(await read(2));
  });

  it.each([[['wav', 'flac']], [['flac', 'wav']]])(
    'have warnings about their names of now, read as %j',
    async (endings) => {
      const odd = temporaryFolder();
      const cache = new FeatureCache(temporaryFolder());
      const bytes = writeFlac([sound(1).map((value) => Math.round(1000 * value))], { rate: 1700 });
      for (const ending of endings) {
        const path = join(odd, `a.${ending}`);
        writeFileSync(path, bytes);
        const { warnings } = await loadExamples(
          [{ id: 'a', path, site: 's', group: 'a', label: 0 }],
          defaultFeatureSettings,
          { cache },
        );
        const ofName = ending === 'wav' ? [`${path}: it is FLAC by its bytes, not .wav`] : [];
        expect(warnings).toEqual([...ofName, expect.stringMatching(/ has 1700 samples a second/)]);
      }
      expect(counts(cache)).toEqual({ found: 1, made: 1, damaged: 0 });
    },
  );

  it('fail alike with it', async () => {
    const cache = new FeatureCache(temporaryFolder());
    const [once, again] = [await load(cache, ['bad', 'a']), await load(cache, ['bad', 'a'])];
    expect(once.skipped).toEqual([expect.objectContaining({ code: 'recording/flat' })]);
    expect(again).toEqual(once);
    expect(counts(cache)).toEqual({ found: 1, made: 1, damaged: 0 });
  });

  it('are not in it where they live in memory only', async () => {
    const folder = temporaryFolder();
    const cache = new FeatureCache(folder);
    await loadExamples(
      synthDataset({ recordings: 2, seconds: 2, seed: 1 }).recordings,
      defaultFeatureSettings,
      { cache },
    );
    expect(entriesIn(folder)).toEqual([]);
    expect(counts(cache)).toEqual({ found: 0, made: 0, damaged: 0 });
  });

  const flip = (path: string) => {
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(path, bytes);
  };
  it.each<[string, (path: string) => void]>([
    ['a flipped bit', flip],
    ['a cut', (path) => writeFileSync(path, readFileSync(path).subarray(0, 100))],
    ['nothing', (path) => writeFileSync(path, '')],
    ['something else', (path) => writeFileSync(path, 'hello')],
    [
      'the entry of another recording',
      (path) =>
        writeFileSync(path, readFileSync(entriesIn(join(path, '../..')).find((other) => other !== path)!)),
    ],
  ])('%s in an entry is noticed, said once, and made good', async (_, damage) => {
    const plain = await load(undefined);
    const folder = temporaryFolder();
    await load(new FeatureCache(folder));
    const [entry] = entriesIn(folder);
    damage(entry!);
    const cache = new FeatureCache(folder);
    expect(await load(cache)).toEqual(plain);
    expect(counts(cache)).toEqual({ found: 2, made: 1, damaged: 1 });
    expect(cache.report.warnings).toEqual([`the feature cache ${folder} had 1 damaged entry, made anew`]);
    const after = new FeatureCache(folder);
    await load(after);
    expect(counts(after)).toEqual({ found: 3, made: 0, damaged: 0 });
    expect(after.report.warnings).toEqual([]);
  });

  it('are made where it cannot be written, which is said once', async () => {
    const plain = await load(undefined);
    const folder = join(temporaryFolder({ file: 'not a folder' }), 'file');
    const cache = new FeatureCache(folder);
    expect(await load(cache)).toEqual(plain);
    expect(cache.report.warnings).toEqual([
      expect.stringMatching(/keeps nothing new: cannot write .*\/file\/features/),
    ]);
    const gone = temporaryFolder();
    const vanishing = new FeatureCache(gone);
    rmSync(join(gone, 'features'), { recursive: true });
    expect(await load(vanishing)).toEqual(plain);
    expect(vanishing.report.warnings).toEqual([
      expect.stringMatching(/keeps nothing new: .*no such file or folder/),
    ]);
  });

  it('leave no parts behind, whatever is in the place of an entry', async () => {
    const folder = temporaryFolder();
    await load(new FeatureCache(folder));
    for (const entry of entriesIn(folder)) {
      rmSync(entry);
      mkdirSync(join(entry, 'x'), { recursive: true });
    }
    const cache = new FeatureCache(folder);
    expect(await load(cache)).toEqual(await load(undefined));
    expect(cache.report.damaged).toBe(3);
    expect(cache.report.warnings).toHaveLength(2);
    expect(entriesIn(folder).filter((path) => path.endsWith('.partial'))).toEqual([]);
  });

  it('may be put in by many at once', async () => {
    const folder = temporaryFolder();
    const plain = await load(undefined);
    const caches = Array.from({ length: 6 }, () => new FeatureCache(folder));
    for (const loaded of await Promise.all(caches.map((cache) => load(cache)))) expect(loaded).toEqual(plain);
    expect(entriesIn(folder)).toHaveLength(3);
    const after = new FeatureCache(folder);
    await load(after);
    expect(counts(after)).toEqual({ found: 3, made: 0, damaged: 0 });
  });
});

describe('a cache that is full', () => {
  const settings = defaultFeatureSettings;
  const fill = (folder: string, name: string, hoursAgo: number, bytes = 1000) => {
    const path = join(folder, 'features', name);
    writeFileSync(path, new Uint8Array(bytes));
    const when = new Date(Date.now() - hoursAgo * 3_600_000);
    utimesSync(path, when, when);
    return path;
  };
  const old = (i: number) => `${hashBytes(`old ${i}`)}.features`;
  const sizeOfOne = encodeEntry(key, features).length;
  /** Puts recordings in, as a run does. */
  const put = (cache: FeatureCache, ...contents: string[]) => {
    const shelf = new CacheShelf(cache.setup, settings);
    for (const content of contents)
      cache.note({ found: false, damaged: false, ...shelf.put(content, features) });
    return shelf;
  };

  it('gives up what was used least recently', () => {
    const folder = temporaryFolder();
    const cache = new FeatureCache(folder, { limit: 5000 + sizeOfOne / 2 });
    for (const [i, hours] of [30, 10, 50, 20, 40].entries()) fill(folder, old(i), hours);
    writeFileSync(join(folder, 'features', 'notes.txt'), 'mine');
    const shelf = put(cache, 'new');
    const names = readdirSync(join(folder, 'features'));
    expect([0, 1, 2, 3, 4].filter((i) => names.includes(old(i)))).toEqual([0, 1, 3, 4]);
    expect(names).toContain('notes.txt');
    expect(shelf.find('new')).toEqual(features);
    expect(cache.report.warnings).toEqual([]);
  });

  it('knows what is used from what is found', () => {
    const folder = temporaryFolder();
    const before = new FeatureCache(folder);
    put(before, 'a', 'b', 'c');
    const long = new Date(Date.now() - 1e7);
    for (const path of entriesIn(folder)) utimesSync(path, long, long);
    const cache = new FeatureCache(folder, { limit: 3.5 * sizeOfOne });
    const shelf = new CacheShelf(cache.setup, settings);
    expect(shelf.find('a')).toEqual(features);
    put(cache, 'd');
    const there = (contents: string[]) => contents.filter((each) => typeof shelf.find(each) === 'object');
    expect(there(['a', 'd'])).toEqual(['a', 'd']);
    expect(there(['b', 'c'])).toHaveLength(1);
    expect(entriesIn(folder).reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThan(cache.limit);
  });

  it('never gives up what this run uses: it takes nothing more, and says so', () => {
    const folder = temporaryFolder();
    const cache = new FeatureCache(folder, { limit: 2.5 * sizeOfOne });
    const shelf = put(cache, 'a', 'b', 'c', 'd', 'e');
    expect(['a', 'b', 'c', 'd', 'e'].map((content) => typeof shelf.find(content))).toEqual([
      'object',
      'object',
      'object',
      'string',
      'string',
    ]);
    expect(cache.report.warnings).toEqual([
      expect.stringMatching(/keeps nothing new: what this run needs is more than/),
    ]);
  });

  it.each([CACHE_LIMIT, 1.5 * sizeOfOne])(
    'with a limit of %d bytes, is no error once it is gone',
    (limit) => {
      const folder = temporaryFolder();
      const cache = new FeatureCache(folder, { limit });
      if (limit < CACHE_LIMIT) put(cache, 'a');
      const shelf = new CacheShelf(cache.setup, settings);
      const stored = shelf.put('b', features);
      rmSync(folder, { recursive: true });
      cache.note({ found: false, damaged: false, ...stored });
      put(cache, 'c');
      expect(cache.report.warnings).toEqual([
        expect.stringMatching(/keeps nothing new: cannot list .*features: no such file or folder/),
      ]);
      expect(shelf.put('d', features)).toEqual({ stored: 0 });
    },
  );

  it('removes parts that nobody will finish, and no others', () => {
    const folder = temporaryFolder();
    const cache = new FeatureCache(folder, { limit: 10 * sizeOfOne });
    const partial = (i: number) => `.${hashBytes(`${i}`)}.1.0.partial`;
    fill(folder, partial(1), 2);
    fill(folder, partial(2), 0.5);
    put(cache, 'a');
    expect(readdirSync(join(folder, 'features')).filter((name) => name.startsWith('.'))).toEqual([
      partial(2),
    ]);
  });
});
