/** What is between the chest and the file: stethoscope, noise, recorder. */
import { describe, expect, it } from 'vitest';
import type { Section } from '../../../src/dsp/index.ts';
import { Draws, STREAMS } from '../../../src/train/draws.ts';
import { STETHOSCOPES, type StethoscopeName, synthDataset } from '../../../src/train/synth/index.ts';
import { bandNoise } from '../../../src/train/synth/noise.ts';
import { bandShare, db, power, spectrum, TAU } from './measure.ts';

/** |H|² in dB at `hz`. */
function gainDb(sections: readonly Section[], hz: number, rate: number): number {
  const w = (TAU * hz) / rate;
  const square = (c0: number, c1: number, c2: number) => {
    const re = c0 + c1 * Math.cos(w) + c2 * Math.cos(2 * w);
    const im = c1 * Math.sin(w) + c2 * Math.sin(2 * w);
    return re * re + im * im;
  };
  return sections.reduce(
    (sum, { b0, b1, b2, a1, a2 }) => sum + db(square(b0, b1, b2) / square(1, a1, a2)),
    0,
  );
}

describe('stethoscopes', () => {
  it.each([2000, 4000])('have corners where they are said to be, at %d samples a second', (rate) => {
    const { flat, bell, diaphragm, electronic } = STETHOSCOPES;
    expect(flat()).toEqual([]);
    expect(gainDb(electronic(rate), 20, rate)).toBeCloseTo(-3.01, 1);
    expect(gainDb(electronic(rate), 900, rate)).toBeCloseTo(-3.01, 1);
    expect(gainDb(electronic(rate), 150, rate)).toBeCloseTo(0, 1);
    const [bellLow, bellShelf, bellHigh] = bell(rate);
    expect(gainDb([bellLow!], 15, rate)).toBeCloseTo(-3.01, 2);
    expect(gainDb([bellShelf!], 1, rate)).toBeCloseTo(6, 1);
    expect(gainDb([bellShelf!], 110, rate)).toBeCloseTo(3, 2);
    expect(gainDb([bellShelf!], 900, rate)).toBeCloseTo(0, 1);
    expect(gainDb([bellHigh!], 400, rate)).toBeCloseTo(-3.01, 2);
    const [, diaphragmShelf, diaphragmHigh] = diaphragm(rate);
    expect(gainDb([diaphragmShelf!], 1, rate)).toBeCloseTo(-8, 1);
    expect(gainDb([diaphragmHigh!], 700, rate)).toBeCloseTo(-3.01, 2);
    // Abella et al.: bells amplify 37.5–112.5 Hz, diaphragms attenuate it, both attenuate high frequencies.
    for (const hz of [38, 75, 112]) {
      expect(gainDb(bell(rate), hz, rate)).toBeGreaterThan(1.5);
      expect(gainDb(diaphragm(rate), hz, rate)).toBeLessThan(-1.5);
    }
    for (const response of [bell(rate), diaphragm(rate)])
      expect(gainDb(response, 900, rate)).toBeLessThan(gainDb(response, 500, rate));
  });

  it.each([
    ['bell', 2000],
    ['diaphragm', 2000],
    ['electronic', 2000],
    ['bell', 4000],
  ] as const)('%s at %d: the spectrum differs from a flat one by the response', (name, sampleRate) => {
    const make = (stethoscope: StethoscopeName) =>
      synthDataset({
        recordings: 6,
        seconds: 10,
        seed: 2,
        sampleRate,
        sites: 1,
        stethoscope,
        snrDb: 100,
        grade: 6,
      }).recordings;
    const [plain, heard] = [make('flat'), make(name)];
    const size = sampleRate === 2000 ? 16384 : 32768;
    const response = STETHOSCOPES[name](sampleRate);
    for (const [i, recording] of plain.entries()) {
      const [a, b] = [spectrum(recording.samples, size), spectrum(heard[i]!.samples, size)];
      const strongest = a.reduce((x, y) => Math.max(x, y));
      // Bands of 10 Hz in which there is sound: the ratio of powers, less the response, is one gain for all.
      const gains: number[] = [];
      for (let hz = 30; hz < 450; hz += 10) {
        const bins = [
          Math.round((hz * size) / sampleRate),
          Math.round(((hz + 10) * size) / sampleRate),
        ] as const;
        const before = power(a.map(Math.sqrt), ...bins);
        if (before < 1e-5 * strongest) continue;
        gains.push(db(power(b.map(Math.sqrt), ...bins) / before) - gainDb(response, hz + 5, sampleRate));
      }
      expect(gains.length).toBeGreaterThan(5);
      const usual = [...gains].sort((x, y) => x - y)[gains.length >> 1]!;
      for (const gain of gains) expect(Math.abs(gain - usual)).toBeLessThan(0.6);
    }
  });
});

describe('noise', () => {
  it.each([
    [100, 300],
    [50, 150],
  ] as const)(
    'between %d and %d Hz is there, of variance 1, with the edges of a Butterworth filter',
    (low, high) => {
      const noise = bandNoise(32768, [low, high], 2000, new Draws(1, STREAMS.synth));
      expect(power(noise)).toBeCloseTo(1, 9);
      // Of what an analogue filter of second order passes of white noise 78 % are between its −3 dB edges; a digital
      // one has nothing above half of the sample rate, and so some more.
      const share = bandShare(noise, 2000, low, high);
      expect(share).toBeGreaterThan(0.77);
      expect(share).toBeLessThan(0.84);
    },
  );

  it.each([3, 10, 25])('is %d dB below S1 and S2', (snrDb) => {
    const make = (db_: number) =>
      synthDataset({ recordings: 24, seconds: 10, seed: 3, snrDb: db_ }).recordings.map((recording) => ({
        ...recording,
        sound: Float64Array.from(recording.samples, (value) => value - recording.truth.recorder.dc),
      }));
    const [clean, noisy] = [make(100), make(snrDb)];
    let checked = 0;
    for (const [i, { truth, sound: heart }] of clean.entries()) {
      const { sound, truth: told } = noisy[i]!;
      expect(told.noise.snrDb).toBe(snrDb);
      if (truth.murmur || truth.recorder.peak > 1) continue;
      checked += 1;
      const product = heart.reduce((sum, value, n) => sum + value * sound[n]!, 0);
      const scale = product / (power(heart) * heart.length);
      const rest = sound.map((value, n) => value - scale * heart[n]!);
      const measured = db(power(heart.map((value) => scale * value)) / power(rest));
      // Over ten seconds, noise and heart are not quite uncorrelated, which counts the more the louder the noise.
      expect(Math.abs(measured - snrDb)).toBeLessThan(0.1 + 0.6 * 10 ** (-snrDb / 20));
    }
    expect(checked).toBeGreaterThan(3);
  });

  it('varies by ±4 dB around what is usual at a site', () => {
    const all = synthDataset({ recordings: 100, seconds: 1, seed: 1 }).recordings;
    for (const [site, usual] of [
      ['synthetic-a', 16],
      ['synthetic-b', 12],
      ['synthetic-c', 14],
    ] as const) {
      const told = all.filter((r) => r.site === site).map(({ truth }) => truth.noise.snrDb);
      expect(Math.min(...told)).toBeLessThan(usual - 3);
      expect(Math.max(...told)).toBeGreaterThan(usual + 3);
      for (const value of told) expect(Math.abs(value - usual)).toBeLessThanOrEqual(4);
    }
  });

  it('has as much power-line hum as the truth says, where it says so', () => {
    const all = synthDataset({ recordings: 9, seconds: 40, seed: 1, sites: 4, snrDb: -20 }).recordings;
    const seen = new Set<string>();
    for (const { samples, truth } of all) {
      const { hum } = truth.noise;
      // The fundamental has 1 of 1.13 parts of its power.
      const measured = bandShare(samples, 2000, (hum?.hz ?? 50) - 0.07, (hum?.hz ?? 50) + 0.07) * 1.13;
      const background = 0.004;
      if (hum) {
        seen.add(`${hum.hz} ${hum.share}`);
        expect(Math.abs(measured - hum.share)).toBeLessThan(0.4 * hum.share + background);
        expect(measured).toBeGreaterThan(0.6 * hum.share);
      } else expect(measured).toBeLessThan(background);
    }
    expect(seen).toEqual(new Set(['50 0.02', '60 0.05']));
  });
});

describe('recorders', () => {
  const all = synthDataset({ recordings: 120, seconds: 2, seed: 1, sites: 6 }).recordings;

  it('reach the peak that the truth gives, or clip', () => {
    let clipped = 0;
    for (const { samples, truth } of all) {
      const { peak, dc, bits, clippedSamples } = truth.recorder;
      const step = 2 ** (1 - bits);
      const highest = samples.reduce((top, value) => Math.max(top, Math.abs(value - dc)), 0);
      if (peak + Math.abs(dc) < 1 - step) {
        expect(Math.abs(highest - peak)).toBeLessThanOrEqual(step);
        expect(clippedSamples).toBe(0);
        continue;
      }
      clipped += 1;
      const atLimit = samples.filter((value) => value === -1 || value === 1 - step).length;
      expect(clippedSamples).toBeGreaterThan(0);
      expect(atLimit).toBeGreaterThanOrEqual(clippedSamples);
      expect(atLimit - clippedSamples).toBeLessThanOrEqual(2);
    }
    expect(clipped).toBeGreaterThan(3);
  });

  it('have the offset and the steps of their converter', () => {
    const seen = new Set<number>();
    for (const { samples, truth } of all) {
      const { dc, bits, clippedSamples } = truth.recorder;
      seen.add(bits);
      const steps = 2 ** (bits - 1);
      expect(samples.every((value) => Number.isInteger(value * steps))).toBe(true);
      expect(samples.some((value) => !Number.isInteger((value * steps) / 2))).toBe(true);
      if (clippedSamples > 0) continue;
      const average = samples.reduce((sum, value) => sum + value, 0) / samples.length;
      expect(Math.abs(average - dc)).toBeLessThan(0.012);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([10, 12, 14, 16]);
    const offsets = (site: string) =>
      all
        .filter((r) => r.site === site && r.truth.recorder.clippedSamples === 0)
        .map(({ samples }) => samples.reduce((sum, value) => sum + value, 0) / samples.length)
        .reduce((sum, value, _, { length }) => sum + value / length, 0);
    expect(offsets('synthetic-b')).toBeCloseTo(0.01, 2);
    expect(offsets('synthetic-d')).toBeCloseTo(-0.02, 2);
    expect(Math.abs(offsets('synthetic-a'))).toBeLessThan(0.004);
  });
});
