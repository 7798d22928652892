import { describe, expect, it } from 'vitest';
import { Resampler, resample, resampledLength } from '../../src/dsp/resample.ts';
import { hashOf } from '../support/hash.ts';
import { errorOf } from '../train/temporary.ts';
import { distance, signal, tone } from './signals.ts';

const ratios: [from: number, to: number][] = [
  [4000, 2000], [44100, 2000], [8000, 2000], [2000, 4000], [1000, 2000], [2205, 2000], [2000, 2205], [997, 2000],
]; // biome-ignore format: pairs

/** The part where the filter's reach does not leave the signal. */
const inside = (x: Float32Array, to: number, lower: number) => {
  const edge = Math.ceil((60 * to) / lower);
  return x.subarray(edge, x.length - edge);
};
const level = (x: Float32Array) => Math.sqrt((2 * x.reduce((s, v) => s + v * v, 0)) / x.length);

describe.each(ratios)('from %d to %d Hz', (from, to) => {
  const lower = Math.min(from, to);
  const n = from * 2;

  it('keeps tones up to 0.9 of the lower Nyquist frequency, in time', () => {
    for (const share of [0.02, 0.4, 0.89]) {
      const hz = (share * lower) / 2;
      const got = inside(resample(tone(hz, from, n), from, to), to, lower);
      const wanted = inside(tone(hz, to, resampledLength(n, from, to)), to, lower);
      expect(distance(got, wanted)).toBeLessThan(1.2e-4);
    }
  });

  it('keeps a constant', () => {
    const y = inside(resample(new Float32Array(n).fill(0.7), from, to), to, lower);
    expect(distance(y, new Float32Array(y.length).fill(0.7))).toBeLessThan(1e-6);
  });

  it('returns ceil(n·to/from) samples', () => {
    for (const length of [0, 1, 2, 3, 999, 1000, 1001]) {
      expect(resample(signal(length), from, to)).toHaveLength(Math.ceil((length * to) / from));
    }
  });
});

describe('stop-band', () => {
  it.each([
    [4000, 2000],
    [44100, 2000],
    [4000, 1500],
  ])('is 80 dB down from %d to %d Hz', (from, to) => {
    for (const share of [1, 1.05, 1.3, 1.77]) {
      const hz = (share * to) / 2;
      if (hz >= from / 2) continue;
      const y = inside(resample(tone(hz, from, from * 2), from, to), to, to);
      expect(level(y)).toBeLessThan(1e-4);
    }
  });

  it('removes the images when going up', () => {
    const x = inside(resample(tone(300, 1000, 2000), 1000, 4000), 4000, 1000);
    const wanted = inside(tone(300, 4000, 8000), 4000, 1000);
    expect(distance(x, wanted)).toBeLessThan(1.2e-4);
  });
});

it('ratios with very many phases give the same signal as their neighbours', () => {
  const from = 48001;
  const y = inside(resample(tone(123, from, from), from, 2000), 2000, 2000);
  expect(distance(y, inside(tone(123, 2000, 2000), 2000, 2000))).toBeLessThan(1e-4);
});

it('equal rates give a copy', () => {
  const x = signal(10);
  const y = resample(x, 2000, 2000);
  expect(y).toEqual(x);
  expect(y).not.toBe(x);
});

it('refuses a result that no memory holds before there is any', () => {
  const error = errorOf(() => resample(new Float32Array(2500000), 1, 2000, 'a.wav'));
  expect(error.code).toBe('dsp/too-long');
  expect(error.message).toContain('a.wav has 2500000 samples at 1 Hz, which would be 5000000000 at 2000 Hz');
});

it.each([0, -1, 2000.5, Number.NaN, Infinity])('refuses a rate of %d Hz', (rate) => {
  expect(() => resample(signal(10), rate, 2000)).toThrow(/sample rate/);
  expect(() => resample(signal(10), 2000, rate)).toThrow(/sample rate/);
});

describe.each([...ratios, [44100, 1999], [2000, 2000]] as const)(
  'in blocks, from %d to %d Hz',
  (from, to) => {
    const x = signal(9001, 5);
    const whole = resample(x, from, to);

    it.each([1, 2, 7, 63, 116, 1000, 4096, 8999, 9000, 9001, 20000])('of %d, the same bits', (size) => {
      const resampler = new Resampler(from, to);
      const parts: Float32Array[] = [];
      for (let i = 0; i < x.length; i += size) parts.push(resampler.push(x.subarray(i, i + size)));
      parts.push(resampler.push(new Float32Array(0)), resampler.end());
      const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        joined.set(part, at);
        at += part.length;
      }
      expect(joined).toEqual(whole);
    });
  },
);

it('comes out as soon as it can be known, and no sooner than there is any', () => {
  const resampler = new Resampler(4000, 2000);
  expect(resampler.push(new Float32Array(100))).toHaveLength(0);
  // half the filter's length is 116 inputs
  expect(resampler.push(new Float32Array(17))).toHaveLength(1);
  expect(resampler.push(new Float32Array(2000))).toHaveLength(1000);
  expect(resampler.end()).toHaveLength(Math.ceil(2117 / 2) - 1001);
});

it('refuses what would be too long as soon as it is', () => {
  const resampler = new Resampler(1, 2 ** 24, 'a.wav');
  const error = errorOf(() => resampler.push(new Float32Array(17)));
  expect(error.code).toBe('dsp/too-long');
  expect(() => new Resampler(0, 2000)).toThrow(/sample rate/);
});

it('has the bits that it has always had', () => {
  const bits = ratios.map(([from, to]) => resample(signal(5000, 3), from, to));
  expect(hashOf(...bits)).toBe('971ffdd6c0dbddedcbb3c278fb892f53eb32680c94e9a7492b98db84bd22d994');
});
