import { describe, expect, it } from 'vitest';
import {
  butterworthBandPass,
  filterZeroPhase,
  type Section,
  zeroPhasePadding,
} from '../../src/dsp/filter.ts';
import { distance, golden, signal, sounds, tone } from './signals.ts';

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

/** y[n] of one section after the other, sample by sample, from the state after a constant input. */
function oneByOne(sections: readonly Section[], x: Float64Array): Float64Array {
  let y = x;
  for (const { b0, b1, b2, a1, a2 } of sections) {
    const start = y[0]!;
    const level = ((b0 + b1 + b2) / (1 + a1 + a2)) * start;
    let [x1, x2, y1, y2] = [start, start, level, level];
    y = y.map((v) => {
      const out = b0 * v + (b1 * x1 + b2 * x2) - a2 * y2 - a1 * y1;
      [x1, x2, y1, y2] = [v, x1, out, y1];
      return out;
    });
  }
  return y;
}

function zeroPhaseOneByOne(sections: readonly Section[], x: Float32Array): Float64Array {
  const pad = zeroPhasePadding(sections);
  const [first, last] = [x[0]!, x[x.length - 1]!];
  const before = Array.from({ length: pad }, (_, i) => 2 * first - x[pad - i]!);
  const after = Array.from({ length: pad }, (_, i) => 2 * last - x[x.length - 2 - i]!);
  const forward = oneByOne(sections, Float64Array.from([...before, ...x, ...after]));
  return oneByOne(sections, forward.reverse()).reverse().subarray(pad, -pad);
}

describe('long signals, which are filtered in four parts', () => {
  it.each([
    [2, 20, 900, 20000],
    [2, 20, 900, 20001],
    [2, 20, 900, 20002],
    [3, 20, 900, 20003],
    [1, 100, 110, 30000],
    [5, 60, 300, 12345],
    // Of what is this narrow and low, a memory reaches over a whole part: then there is only one.
    [2, 0.5, 2, 20000],
  ])('order %d, %d–%d Hz, %d samples', (order, low, high, n) => {
    const band = butterworthBandPass(order, low, high, 2000);
    // The quiet parts come after loud ones, which must be forgotten as they are sample by sample.
    const x = sounds(n, order);
    expect(distance(filterZeroPhase(band, x), zeroPhaseOneByOne(band, x))).toBeLessThan(1e-11);
  });

  it('have the bits of their own length only, whatever was filtered before', () => {
    const band = butterworthBandPass(2, 20, 900, 2000);
    const first = filterZeroPhase(band, signal(9000));
    filterZeroPhase(band, signal(50000, 3));
    expect(filterZeroPhase(band, signal(9000))).toEqual(first);
  });

  it('of a constant are zeros', () => {
    const band = butterworthBandPass(3, 50, 400, 2000);
    expect(new Set(filterZeroPhase(band, new Float32Array(9001).fill(0.3)).map(Math.abs))).toEqual(
      new Set([0]),
    );
  });
});
