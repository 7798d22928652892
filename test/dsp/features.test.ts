import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  defaultFeatureSettings,
  type FeatureSettings,
  validateFeatureSettings,
} from '../../src/dsp/feature-settings.ts';
import { extractFeatures, FeatureExtractor } from '../../src/dsp/features.ts';
import { signal } from './signals.ts';

const settings = defaultFeatureSettings;

describe('features', () => {
  it('have the shape and scale that the settings say', () => {
    const { data, bands, frames, secondsPerFrame } = extractFeatures(signal(10000), 2000, settings);
    expect([bands, frames, secondsPerFrame, data.length]).toEqual([64, 201, 0.025, 64 * 201]);
    for (let band = 0; band < bands; band++) {
      const row = data.subarray(band * frames, (band + 1) * frames);
      const mean = row.reduce((s, v) => s + v, 0) / frames;
      expect(mean).toBeCloseTo(0, 5);
      expect(row.reduce((s, v) => s + (v - mean) * (v - mean), 0) / frames).toBeCloseTo(1, 5);
    }
  });

  it('cover the same time at another sample rate', () => {
    expect(extractFeatures(signal(20000), 4000, settings).frames).toBe(201);
    expect(extractFeatures(signal(220500), 44100, settings).frames).toBe(201);
  });

  it('have these very bits, on every machine', () => {
    const parts: FeatureSettings[] = [
      settings,
      { ...settings, normalise: 'peak', standardise: 'recording', bandPass: null, removeSpikes: false },
      { ...settings, logMel: { ...settings.logMel, nFft: 400, winLength: 300, melScale: 'htk', bands: 40 } },
    ];
    const hash = createHash('sha256');
    for (const part of parts)
      hash.update(new Uint8Array(extractFeatures(signal(9001), 4410, part).data.buffer));
    expect(hash.digest('hex')).toBe('3b4aa7421a3a1bf100d01ac8ee0894326427d56d5e4e82f783ededb1226c4810');
  });

  it('do not depend on what was extracted before, and leave the samples alone', () => {
    const extractor = new FeatureExtractor(settings);
    const x = signal(7000);
    const first = extractor.extract(x, 2000);
    extractor.extract(signal(20000, 9), 4000);
    expect(extractor.extract(x, 2000)).toEqual(first);
    expect(x).toEqual(signal(7000));
  });

  it.each([
    ['silent', 0],
    ['constant', 0.25],
  ])('of a %s recording are zeros', (_, value) => {
    const { data } = extractFeatures(new Float32Array(6000).fill(value), 2000, settings);
    expect(new Set(data.map(Math.abs))).toEqual(new Set([0]));
  });

  it('do not change with the loudness', () => {
    const x = signal(6000);
    const a = extractFeatures(x, 2000, settings).data;
    const b = extractFeatures(
      x.map((v) => v / 256),
      2000,
      settings,
    ).data;
    expect(b).toEqual(a);
  });

  it.each([Number.NaN, Infinity, -Infinity])('of a recording with %d are an error', (bad) => {
    const x = signal(6000);
    x[4321] = bad;
    expect(() => extractFeatures(x, 2000, settings, 'a0007')).toThrow(`a0007: sample 4321 of 6000 is ${bad}`);
  });

  it('of recordings shorter than a window exist; of next to nothing they do not', () => {
    expect(extractFeatures(signal(100), 2000, settings).frames).toBe(3);
    expect(() => extractFeatures(signal(10), 2000, settings, 'b')).toThrow(
      /b is 0\.005 s long \(10 samples at 2000 Hz\), too short/,
    );
    expect(() => extractFeatures(new Float32Array(0), 2000, settings)).toThrow(/too short/);
    expect(() =>
      extractFeatures(signal(200), 2000, { ...settings, logMel: { ...settings.logMel, center: false } }),
    ).toThrow(/at least 0\.128 s are needed/);
  });
});

describe('feature settings', () => {
  it('survive JSON', () => {
    const copy: unknown = JSON.parse(JSON.stringify(settings));
    expect(validateFeatureSettings(copy)).toEqual(settings);
    expect(extractFeatures(signal(3000), 2000, validateFeatureSettings(copy))).toEqual(
      extractFeatures(signal(3000), 2000, settings),
    );
  });

  it('may choose a channel, and need not', () => {
    for (const channel of ['mix', 1, 8] as const)
      expect(validateFeatureSettings({ ...settings, channel })).toEqual({ ...settings, channel });
    expect(settings).not.toHaveProperty('channel');
  });

  const mel = settings.logMel;
  it.each([
    [null, /must be an object, not null/],
    [{ ...settings, sampleRate: 0 }, /sampleRate is 0/],
    [{ ...settings, removeSpikes: 'yes' }, /removeSpikes is "yes"/],
    [{ ...settings, normalise: 'loud' }, /normalise is "loud", it must be 'peak', 'rms' or 'none'/],
    [{ ...settings, bandPass: { order: 2, low: 20 } }, /bandPass\.high is missing/],
    [{ ...settings, bandPass: { order: 2, low: 20, high: 1000 } }, /from 20 to 1000 Hz at 2000 Hz/],
    [{ ...settings, removeSilence: { thresholdDb: 1, minSeconds: 1 } }, /removeSilence\.thresholdDb is 1/],
    ...[0, 1.5, -1, '2', null].map((channel): [unknown, RegExp] => [
      { ...settings, channel },
      /channel is .*, it must be 'mix' or the number of a channel, from 1/,
    ]),
    [{ ...settings, logMel: { ...mel, bands: 2.5 } }, /logMel\.bands is 2\.5/],
    [{ ...settings, logMel: { ...mel, bands: 300 } }, /holds no FFT bin/],
    [{ ...settings, logMel: { ...mel, fMax: 1200 } }, /fMax 1200 Hz/],
    [{ ...settings, logMel: { ...mel, nfft: 3 } }, /unknown feature setting logMel\.nfft/],
    [{ ...settings, bandpass: null }, /unknown feature setting bandpass\. Known here: sampleRate/],
  ])('are refused: %o', (value, message) => {
    expect(() => validateFeatureSettings(value)).toThrow(message);
    expect(() => new FeatureExtractor(value as FeatureSettings)).toThrow(message);
  });
});
