import { describe, expect, it } from 'vitest';
import { ChannelMeter, SilenceMeter } from '../../../src/train/inspect/levels.ts';
import { bandCount, bandName, LOWEST_BAND, WelchBands } from '../../../src/train/inspect/spectrum.ts';
import { joinedSounds, noise, quantised, RATE } from './sounds.ts';

/** In blocks of odd sizes, so that nothing depends on where they end. */
function fed<T extends { take(samples: Float32Array): void }>(meter: T, samples: Float32Array): T {
  for (let at = 0, size = 1; at < samples.length; at += size, size = (size * 7) % 1009 || 1)
    meter.take(samples.subarray(at, at + size));
  return meter;
}

const channel = (samples: Float32Array) => fed(new ChannelMeter(), samples).finish();
const silence = (samples: Float32Array, rate = RATE) => fed(new SilenceMeter(rate), samples).finish();
const sine = (hz: number, size: number, seconds = 10, rate = RATE) =>
  Float32Array.from({ length: seconds * rate }, (_, i) => size * Math.sin((2 * Math.PI * hz * i) / rate));

describe('level and offset', () => {
  it('are those of a sine with an offset', () => {
    const { dcOffset, rms, peak } = channel(sine(50, 0.5).map((x) => x + 0.25));
    expect(dcOffset).toBeCloseTo(0.25, 6);
    expect(rms).toBeCloseTo(0.5 / Math.SQRT2, 6);
    expect(peak).toBeCloseTo(0.75, 6);
  });

  it('are those of no samples at all, and of a constant', () => {
    expect(channel(new Float32Array(0))).toEqual({ dcOffset: 0, rms: 0, peak: 0, clipped: 0 });
    expect(channel(new Float32Array(100).fill(-0.5))).toEqual({
      dcOffset: -0.5,
      rms: 0,
      peak: 0.5,
      clipped: 0,
    });
    // the mean of squares of 0.3 rounds to something else than the square of their mean
    expect(channel(new Float32Array(20000).fill(0.3)).rms).toBe(0);
  });
});

describe('clipping', () => {
  const clip = (samples: Float32Array, at: number) => samples.map((x) => Math.max(-at, Math.min(at, x)));

  it('is the share of samples in flat tops, at full scale or below', () => {
    // a frequency whose periods are never sampled at the same places
    const wave = quantised(sine(19.73, 0.9), 16);
    for (const at of [0.5, 0.25]) {
      const share = clip(wave, at).filter((x) => Math.abs(x) === at).length / wave.length;
      expect(share).toBeGreaterThan(0.5);
      expect(channel(clip(wave, at)).clipped).toBeCloseTo(share, 2);
    }
    const over = sine(20, 2).map((x) => Math.max(-1, Math.min(32767 / 32768, x)));
    const share = over.filter((x) => x === -1 || x === 32767 / 32768).length / over.length;
    expect(channel(over).clipped).toBe(share);
  });

  it('is not what lies beyond full scale where that is no limit, but flat tops are', () => {
    const loud = sine(19.73, 3);
    const unlimited = (samples: Float32Array) => fed(new ChannelMeter(false), samples).finish().clipped;
    expect(channel(loud).clipped).toBeGreaterThan(0.7);
    expect(unlimited(loud)).toBe(0);
    for (const at of [2, 1]) {
      const share = clip(loud, at).filter((x) => Math.abs(x) === at).length / loud.length;
      expect(share).toBeGreaterThan(0.5);
      expect(unlimited(clip(loud, at))).toBeCloseTo(share, 2);
    }
  });

  it('is planted on one side only', () => {
    const wave = quantised(noise(10000, 0.5, 1), 16);
    expect(channel(wave).clipped).toBe(0);
    wave.fill(0.6, 5000, 5100);
    wave.fill(0.6, 6000, 6002);
    expect(channel(wave).clipped).toBe(100 / 10000);
    expect(channel(wave.map((x) => -x)).clipped).toBe(100 / 10000);
  });

  it('is not what a wave of few steps or at its crest does by itself', () => {
    expect(channel(quantised(sine(5, 0.01), 10)).clipped).toBe(0);
    expect(channel(noise(20000, 0.9, 2)).clipped).toBe(0);
    expect(channel(sine(20, 0.99)).clipped).toBe(0);
  });
});

describe('silence', () => {
  it('is the share of half seconds far below the loud ones', () => {
    const loud = noise(6 * RATE, 0.3, 1);
    const quiet = loud.map((x) => x / 200);
    expect(silence(joinedSounds(loud, quiet.slice(0, 2 * RATE)))).toEqual({ silent: 0.25, dead: 0 });
    expect(
      silence(
        joinedSounds(
          loud,
          loud.map((x) => x / 50),
        ),
      ),
    ).toEqual({ silent: 0, dead: 0 });
  });

  it('counts windows without any change as dead, whatever their offset', () => {
    const sound = joinedSounds(noise(3 * RATE, 0.3, 1), new Float32Array(RATE).fill(0.2));
    expect(silence(sound)).toEqual({ silent: 0.25, dead: 0.25 });
    for (const level of [0, 0.1, 0.7])
      expect(silence(new Float32Array(3 * RATE).fill(level))).toEqual({ silent: 1, dead: 1 });
  });

  it('judges what is shorter than a window, and nothing where there is nothing', () => {
    expect(silence(noise(100, 0.3, 1))).toEqual({ silent: 0, dead: 0 });
    expect(silence(new Float32Array(0))).toEqual({ silent: 0, dead: 0 });
  });
});

describe('third-octave bands', () => {
  const bands = (samples: Float32Array, rate = RATE) => fed(new WelchBands(rate), samples).finish();

  it('have the names of ISO 266', () => {
    const names = [20, 25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000];
    expect(names.map((_, i) => bandName(LOWEST_BAND + i))).toEqual(names);
  });

  it('end below half the rate', () => {
    // the 800-Hz band ends at 891 Hz
    expect(bandName(LOWEST_BAND + bandCount(2000) - 1)).toBe(800);
    expect(bandName(LOWEST_BAND + bandCount(1782) - 1)).toBe(630);
    expect(bandCount(30)).toBe(0);
  });

  it.each([40, 100, 500])('hold a sine of %d Hz', (hz) => {
    const levels = bands(sine(hz, 0.3))!;
    const index = levels.findIndex((_, i) => bandName(LOWEST_BAND + i) === hz);
    expect(levels[index]).toBeGreaterThan(-0.1);
    for (const [i, level] of levels.entries()) if (Math.abs(i - index) > 1) expect(level).toBeLessThan(-30);
  });

  it.each([2000, 4000, 44100])('rise by a decibel a band for white noise at %d Hz', (rate) => {
    const levels = bands(noise(60 * rate, 0.3, 4), rate)!;
    expect(levels).toHaveLength(bandCount(rate));
    // each band is 10^(1/10) times as wide as the one before
    for (let i = 6; i < levels.length; i++) expect(levels[i]! - levels[i - 1]!).toBeCloseTo(1, 0);
    expect((levels.at(-1)! - levels[4]!) / (levels.length - 5)).toBeCloseTo(1, 1);
    expect(levels.reduce((sum, level) => sum + 10 ** (level / 10), 0)).toBeCloseTo(1, 6);
  });

  it('do not depend on level or offset', () => {
    const sound = noise(5 * RATE, 0.4, 5);
    const levels = bands(sound)!;
    for (const [i, level] of bands(sound.map((x) => 0.1 * x + 0.3))!.entries())
      expect(level).toBeCloseTo(levels[i]!, 3);
  });

  it('are null for silence, and there for what is shorter than a window', () => {
    expect(bands(new Float32Array(RATE))).toBeNull();
    expect(bands(new Float32Array(0))).toBeNull();
    const short = sine(100, 0.5, 1).slice(0, 300);
    const levels = bands(short)!;
    expect(levels).toHaveLength(bandCount(RATE));
    for (const [i, level] of bands(short.map((x) => x + 2))!.entries())
      expect(level).toBeCloseTo(levels[i]!, 2);
  });
});
