import { describe, expect, it } from 'vitest';
import { findNotFinite } from '../../src/dsp/features.ts';
import { normalisePeak, normaliseRms, standardiseAll, standardiseBands } from '../../src/dsp/normalise.ts';
import { distance, signal } from './signals.ts';

/** By the definition, in float64. */
function standardised(row: readonly number[]): number[] {
  const mean = row.reduce((a, b) => a + b, 0) / row.length;
  const deviation = Math.sqrt(row.reduce((s, v) => s + (v - mean) ** 2, 0) / row.length);
  return row.map((v) => (v - mean) / deviation);
}

describe('standardising', () => {
  it.each([2, 3, 4, 5, 6, 7, 8, 201])('bands of %d frames', (frames) => {
    const bands = 3;
    const data = signal(bands * frames).map((v) => 40 * v - 55);
    const want = [0, 1, 2].flatMap((b) => standardised([...data.subarray(b * frames, (b + 1) * frames)]));
    standardiseBands({ data, bands, frames });
    expect(distance(data, want)).toBeLessThan(1e-6);
  });

  it('everything at once', () => {
    const data = signal(3 * 67);
    const want = standardised([...data]);
    standardiseAll({ data, bands: 3, frames: 67 });
    expect(distance(data, want)).toBeLessThan(1e-6);
  });

  it('makes zeros of a constant band, and leaves the others', () => {
    const data = Float32Array.from({ length: 18 }, (_, i) => (i < 9 ? -31.4 : i % 2));
    standardiseBands({ data, bands: 2, frames: 9 });
    expect(new Set(data.subarray(0, 9).map(Math.abs))).toEqual(new Set([0]));
    expect(
      distance(data.subarray(9), standardised(Array.from({ length: 9 }, (_, i) => (i + 1) % 2))),
    ).toBeLessThan(1e-6);
  });
});

describe('levels', () => {
  it('of signals of any length', () => {
    for (let n = 1; n < 12; n++) {
      const x = signal(n, n);
      const rms = (y: Float32Array) => Math.sqrt(y.reduce((s, v) => s + v * v, 0) / y.length);
      expect(rms(normaliseRms(x, 0.1))).toBeCloseTo(0.1, 6);
      expect(Math.max(...normalisePeak(x, 0.5).map(Math.abs))).toBeCloseTo(0.5, 6);
    }
  });

  it('of the quietest there is, and of silence', () => {
    const quiet = new Float64Array(8).fill(1e-310);
    expect([...normalisePeak(quiet)]).toEqual(Array(8).fill(1));
    const out = new Float32Array(4).fill(7);
    expect(normaliseRms(new Float32Array(4), 0.1, out)).toBe(out);
    expect([...out]).toEqual([0, 0, 0, 0]);
  });
});

it('the first sample that is not finite is found, wherever it is', () => {
  for (const n of [1, 2, 3, 8, 9]) {
    const x = new Float32Array(n).fill(3.4e38);
    expect(findNotFinite(x)).toBe(-1);
    for (const bad of [Number.NaN, Infinity, -Infinity])
      for (let i = 0; i < n; i++) expect(findNotFinite(x.with(i, bad))).toBe(i);
    expect(findNotFinite(x.fill(Infinity))).toBe(0);
  }
});
