import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { defaultFeatureSettings, type FeatureSettings } from '../../src/dsp/index.ts';
import { decodeEntry, encodeEntry } from '../../src/train/cache/entry.ts';
import { featureKey, hashCode } from '../../src/train/cache/key.ts';
import { cacheFolder } from '../../src/train/cache/location.ts';
import { hashBytes } from '../../src/train/hash.ts';
import { features, key } from './cache-features.ts';
import { temporaryFolder } from './temporary.ts';

describe('an entry', () => {
  const bytes = encodeEntry(key, features);

  it('holds what was put in', () => {
    expect(decodeEntry(key, bytes)).toEqual(features);
    expect(Object.is(decodeEntry(key, bytes)!.data[4], -0)).toBe(true);
    const empty = { ...features, data: new Float32Array(0), frames: 0, notes: [] };
    expect(decodeEntry(key, encodeEntry(key, empty))).toEqual(empty);
  });

  it('is nothing if any bit of it is another', () => {
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const other = bytes.slice();
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeEntry(key, other)).toBeNull();
    }
  });

  it('is nothing if it is cut or longer', () => {
    for (let length = 0; length < bytes.length; length++)
      expect(decodeEntry(key, bytes.slice(0, length))).toBeNull();
    expect(decodeEntry(key, Uint8Array.of(...bytes, 0))).toBeNull();
  });

  it('is nothing for another key', () => {
    expect(decodeEntry(hashBytes('other'), bytes)).toBeNull();
  });
});

describe('the key', () => {
  const settings = defaultFeatureSettings;
  const original = featureKey('content', settings, 'code');

  it('is another for other content, settings, channels or code', () => {
    const { logMel } = settings;
    const others = [
      featureKey('contents', settings, 'code'),
      featureKey('content', { ...settings, channel: 1 }, 'code'),
      featureKey('content', { ...settings, channel: 2 }, 'code'),
      featureKey('content', settings, 'code2'),
      ...Object.entries({ ...settings, ...logMel }).flatMap(([name, value]) => {
        const changed = typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : 'x';
        return [
          name in settings
            ? { ...settings, [name]: changed }
            : { ...settings, logMel: { ...logMel, [name]: changed } },
        ].map((each) => featureKey('content', each as unknown as FeatureSettings, 'code'));
      }),
    ];
    expect(others.length).toBeGreaterThan(15);
    expect(new Set([original, ...others]).size).toBe(others.length + 1);
  });

  it('is the same whether the usual channel is said or not', () => {
    expect(featureKey('content', { ...settings, channel: 'mix' }, 'code')).toBe(original);
  });

  it('is the same in whatever order the settings stand', () => {
    const backwards = (value: object): object =>
      Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, field]) => [name, typeof field === 'object' && field ? backwards(field) : field]),
      );
    expect(featureKey('content', backwards(settings) as FeatureSettings, 'code')).toBe(original);
  });
});

describe('the version of the code', () => {
  const files = {
    'base/math.js': 'math',
    'dsp/features.js': 'features',
    'dsp/wav/stream.js': 'stream',
    'train/compressed/flac.js': 'flac',
    'train/compressed.js': 'compressed',
    'train/sound.js': 'sound',
    'train/sound-file.js': 'file',
    'train/workers/extract.js': 'extract',
    'train/cache/key.js': 'key',
    'train/fit.js': 'fit',
    'dsp/features.d.ts': 'types',
  };
  const versionOf = (changes: Readonly<Record<string, string>> = {}) =>
    hashCode(pathToFileURL(join(temporaryFolder({ ...files, ...changes }), 'train/cache/key.js')).href);

  it('changes with all code between a file and its features, and with no other', () => {
    const version = versionOf();
    expect(versionOf()).toBe(version);
    for (const name of ['base/math.js', 'dsp/features.js', 'dsp/wav/stream.js', 'train/sound.js', 'train/sound-file.js', 'train/workers/extract.js', 'train/compressed/flac.js', 'train/compressed.js'])
      expect(versionOf({ [name]: 'changed' }), name).not.toBe(version); // biome-ignore format: names
    expect(versionOf({ 'dsp/new.js': '' })).not.toBe(version);
    for (const name of ['train/fit.js', 'dsp/features.d.ts'])
      expect(versionOf({ [name]: 'changed' }), name).toBe(version);
  });

  it('is that of the bundle in a bundle', () => {
    const bundle = (text: string) =>
      hashCode(
        pathToFileURL(join(temporaryFolder({ 'a/b/bundle.js': text, 'dsp/x.js': 'x' }), 'a/b/bundle.js'))
          .href,
      );
    expect(bundle('1')).toBe(bundle('1'));
    expect(bundle('1')).not.toBe(bundle('2'));
    const inChunks = (text: string) => {
      const files = { 'b/bundle.js': '1', 'b/chunk-1.js': text, 'b/readme.txt': text, 'c.js': text };
      return hashCode(pathToFileURL(join(temporaryFolder(files), 'b/bundle.js')).href);
    };
    expect(inChunks('1')).toBe(inChunks('1'));
    expect(inChunks('1')).not.toBe(inChunks('2'));
  });
});

describe('where it is', () => {
  it.each([
    ['/a/b', { PCG_ENGINE_CACHE: '/c', HOME: '/h' }, 'linux', '/a/b'],
    ['off', { PCG_ENGINE_CACHE: '/c', HOME: '/h' }, 'linux', null],
    [undefined, { PCG_ENGINE_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, 'linux', '/c'],
    [undefined, { PCG_ENGINE_CACHE: 'off', XDG_CACHE_HOME: '/x', HOME: '/h' }, 'linux', null],
    [undefined, { PCG_ENGINE_CACHE: '', XDG_CACHE_HOME: '/x', HOME: '/h' }, 'linux', '/x/pcg-engine'],
    [undefined, { XDG_CACHE_HOME: 'relative', HOME: '/h' }, 'linux', '/h/.cache/pcg-engine'],
    [undefined, { HOME: '/h' }, 'linux', '/h/.cache/pcg-engine'],
    [undefined, { HOME: '/h' }, 'darwin', '/h/Library/Caches/pcg-engine'],
    [undefined, { LOCALAPPDATA: '/l' }, 'win32', '/l/pcg-engine'],
    [undefined, { HOME: '/h' }, 'win32', null],
    [undefined, {}, 'linux', null],
  ])('--cache %s, %j, %s: %s', (given, env, platform, folder) => {
    expect(cacheFolder(given, env as Record<string, string>, platform)).toBe(folder);
  });
});
