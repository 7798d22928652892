import { describe, expect, it } from 'vitest';
import { planFft, planRealFft, unitRoot } from '../../src/dsp/fft.ts';
import { distance, signal } from './signals.ts';

/** The definition, O(n²). */
function naive(re: ArrayLike<number>, im: ArrayLike<number>) {
  const n = re.length;
  const outRe = new Float64Array(n);
  const outIm = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    for (let t = 0; t < n; t++) {
      const angle = (-2 * Math.PI * ((k * t) % n)) / n;
      outRe[k]! += re[t]! * Math.cos(angle) - im[t]! * Math.sin(angle);
      outIm[k]! += re[t]! * Math.sin(angle) + im[t]! * Math.cos(angle);
    }
  }
  return { re: outRe, im: outIm };
}

const lengths = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 31, 32, 60, 64, 97, 100, 128, 200, 255, 256, 400, 512,
];

describe('complex FFT', () => {
  it.each(lengths)('of length %d equals the definition', (n) => {
    const re = Float64Array.from(signal(n, 3));
    const im = Float64Array.from(signal(n, 4));
    const wanted = naive(re, im);
    planFft(n).transform(re, im);
    const tolerance = 1e-14 * n;
    expect(distance(re, wanted.re)).toBeLessThanOrEqual(tolerance);
    expect(distance(im, wanted.im)).toBeLessThanOrEqual(tolerance);
  });

  it.each([2048, 8192, 4100])('of length %d keeps energy and finds a pure tone', (n) => {
    const bin = 37;
    const re = Float64Array.from({ length: n }, (_, t) => unitRoot(bin * t, n)[0]);
    const im = Float64Array.from({ length: n }, (_, t) => unitRoot(bin * t, n)[1]);
    planFft(n).transform(re, im);
    expect(re[bin]).toBeCloseTo(n, 8);
    re[bin] = 0;
    expect(Math.max(...re.map(Math.abs), ...im.map(Math.abs))).toBeLessThan(1e-9);
  });

  it('gives the same bits when a plan is used again', () => {
    for (const n of [64, 100]) {
      const plan = planFft(n);
      const run = () => {
        const re = Float64Array.from(signal(n));
        const im = Float64Array.from(signal(n, 9));
        plan.transform(re, im);
        return [re, im];
      };
      expect(run()).toEqual(run());
    }
  });

  it('refuses impossible lengths', () => {
    for (const n of [0, -4, 2.5, Number.NaN]) expect(() => planFft(n)).toThrow(/FFT length/);
  });
});

describe('real FFT', () => {
  it.each(lengths)('of length %d equals the definition', (n) => {
    const x = signal(n, 5);
    const wanted = naive(x, new Float64Array(n));
    const plan = planRealFft(n);
    expect(plan.bins).toBe(Math.floor(n / 2) + 1);
    const re = new Float64Array(plan.bins);
    const im = new Float64Array(plan.bins);
    plan.transform(x, re, im);
    const tolerance = 1e-14 * n;
    expect(distance(re, wanted.re.subarray(0, plan.bins))).toBeLessThanOrEqual(tolerance);
    expect(distance(im, wanted.im.subarray(0, plan.bins))).toBeLessThanOrEqual(tolerance);
    expect(x).toEqual(signal(n, 5));
  });
});

it('unit roots are exactly symmetric', () => {
  for (const n of [8, 12, 256, 1000]) {
    for (let k = 0; k < n; k++) {
      const [c, s] = unitRoot(k, n);
      const [c2, s2] = unitRoot(n - k, n);
      expect(c2).toBe(c);
      expect(s2 + s).toBe(0);
      expect(c * c + s * s).toBeCloseTo(1, 15);
    }
  }
  expect(unitRoot(64, 256)[0]).toBe(0);
});
