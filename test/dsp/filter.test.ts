import { describe, expect, it } from 'vitest';
import { butterworthBandPass, filterZeroPhase, zeroPhasePadding } from '../../src/dsp/filter.ts';
import { distance, golden, signal, tone } from './signals.ts';

interface Case {
  order: number;
  low: number;
  high: number;
  rate: number;
  out: number[];
}

describe('zero-phase band-pass against SciPy', () => {
  it.each(golden<Case[]>('filter'))(
    'order $order, $low–$high Hz at $rate Hz',
    ({ order, low, high, rate, out }) => {
      const x = Float64Array.from(signal(300, order), (v) => v + 0.25);
      expect(distance(filterZeroPhase(butterworthBandPass(order, low, high, rate), x), out)).toBeLessThan(
        1e-9,
      );
    },
  );
});

describe('band-pass', () => {
  const band = butterworthBandPass(3, 50, 400, 2000);
  const gain = (hz: number) => {
    const y = filterZeroPhase(band, tone(hz, 2000, 8000)).subarray(3000, 5000);
    return Math.sqrt((2 * y.reduce((s, v) => s + v * v, 0)) / y.length);
  };

  it('passes the middle, halves the edges, stops the rest', () => {
    expect(gain(140)).toBeCloseTo(1, 3);
    expect(gain(50)).toBeCloseTo(0.5, 3);
    expect(gain(400)).toBeCloseTo(0.5, 3);
    expect(gain(5)).toBeLessThan(1e-5);
    expect(gain(900)).toBeLessThan(1e-4);
  });

  it('has no delay', () => {
    const x = new Float32Array(2001);
    x[1000] = 1;
    const y = filterZeroPhase(band, x);
    expect(distance(y, y.slice().reverse())).toBeLessThan(1e-9);
    expect(y.indexOf(Math.max(...y))).toBe(1000);
  });

  it('turns a constant into exact zeros', () => {
    expect(new Set(filterZeroPhase(band, new Float32Array(500).fill(0.3)).map(Math.abs))).toEqual(
      new Set([0]),
    );
  });

  it('says how many samples it needs', () => {
    const pad = zeroPhasePadding(band);
    expect(pad).toBe(21);
    expect(() => filterZeroPhase(band, signal(pad))).toThrow(
      /21 samples are too few to filter: more than 21/,
    );
    expect(filterZeroPhase(band, signal(pad + 1))).toHaveLength(22);
  });

  it.each([
    [2, 0, 400],
    [2, 400, 400],
    [2, 20, 1000],
    [0, 20, 400],
    [1.5, 20, 400],
    [2, Number.NaN, 400],
  ])('refuses order %d from %d to %d Hz at 2000 Hz', (order, low, high) => {
    expect(() => butterworthBandPass(order, low, high, 2000)).toThrow(/band-pass/);
  });
});
