import { describe, expect, it } from 'vitest';
import {
  normalisePeak,
  normaliseRms,
  peakOf,
  rmsOf,
  standardiseAll,
  standardiseBands,
} from '../../src/dsp/normalise.ts';
import { cutWindows, frameSignal, planWindows } from '../../src/dsp/segment.ts';
import { removeSilence } from '../../src/dsp/silence.ts';
import { removeSpikes } from '../../src/dsp/spikes.ts';
import { hamming, hann, makeWindow } from '../../src/dsp/window.ts';
import { golden, signal } from './signals.ts';

/** As `smooth` in bench/peers/golden_dsp.py. */
function smooth(n: number, seed: number): Float32Array {
  const x = signal(n + 8, seed);
  const y = new Float32Array(n);
  for (let i = 0; i < n; i++) y[i] = x.subarray(i, i + 9).reduce((s, v) => s + v, 0) / 16;
  [700, 701, 1999, 2000, 3333, 9600].forEach((at, i) => {
    y[at] = (4 + i) * (i % 2 ? -1 : 1);
  });
  return y;
}

/** Spike removal as defined: all maxima are sought and sorted anew for each spike. */
function plainly(samples: Float32Array, size: number): Float32Array {
  const x = samples.slice();
  for (;;) {
    const maxima = Array.from({ length: x.length / size }, (_, w) =>
      x.subarray(w * size, (w + 1) * size).reduce((most, v) => Math.max(most, Math.abs(v)), 0),
    );
    const sorted = maxima.toSorted((a, b) => a - b);
    const median = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
    const most = Math.max(...maxima);
    if (median === 0 || most <= 3 * median) return x;
    const first = maxima.indexOf(most) * size;
    const last = first + size - 1;
    const spike = x.findIndex((v, i) => i >= first && Math.abs(v) === most);
    let start = spike;
    while (start > first && (start === last || !(x[start]! * x[start + 1]! < 0))) start--;
    let end = spike + 1;
    while (end < last && !(x[end]! * x[end + 1]! < 0)) end++;
    x.fill(0, start, Math.min(end, last) + 1);
  }
}

describe('spike removal', () => {
  it.each(golden<{ seed: number; changed: number[] }[]>('spikes'))(
    'as published, signal $seed',
    ({ seed, changed }) => {
      const x = smooth(9700, seed);
      const y = removeSpikes(x, 2000);
      const mine: number[] = [];
      for (let i = 0; i < x.length; i++) if (y[i] !== x[i]) mine.push(i);
      expect(mine).toEqual(changed);
      expect(mine.length).toBeGreaterThan(10);
      for (const i of mine) expect(y[i]).toBe(0);
      expect(x).toEqual(smooth(9700, seed));
    },
  );

  it('ends, and leaves alone, on silence, constants, mostly silent and very short signals', () => {
    const mostlySilent = new Float32Array(10000);
    mostlySilent.set(signal(1000), 3000);
    for (const x of [
      new Float32Array(5000),
      new Float32Array(5000).fill(0.2),
      mostlySilent,
      signal(1),
      new Float32Array(0),
    ]) {
      expect(removeSpikes(x, 2000)).toEqual(x);
    }
  });

  it.each([1, 2, 6, 7, 14])(
    'is what its definition says, over %d windows, most of them with spikes',
    (windows) => {
      const levels = [1, 1 / 64, 1 / 16, 1, 1 / 32, 0];
      const x = signal(windows * 1000, 9).map(
        (v, i) => Math.round(v * 8) * levels[(Math.floor(i / 1000) * 5) % (windows % 2 ? 5 : 6)]!,
      );
      expect(removeSpikes(x, 2000)).toEqual(plainly(x, 1000));
    },
  );

  it('does not depend on the scale', () => {
    const x = smooth(9700, 4);
    const tiny = x.map((v) => v / 1048576);
    expect(removeSpikes(tiny, 2000)).toEqual(removeSpikes(x, 2000).map((v) => v / 1048576));
  });
});

describe('normalisation', () => {
  it('scales to a peak or a root mean square', () => {
    expect(peakOf(normalisePeak(signal(100), 0.5))).toBeCloseTo(0.5, 7);
    expect(rmsOf(normaliseRms(signal(100), 0.1))).toBeCloseTo(0.1, 7);
  });

  it('leaves silence silent', () => {
    expect(normalisePeak(new Float32Array(5))).toEqual(new Float32Array(5));
    expect(normaliseRms(new Float32Array(5))).toEqual(new Float32Array(5));
    expect(normaliseRms(new Float32Array(0))).toEqual(new Float32Array(0));
  });

  it('standardises each band; constant bands become 0', () => {
    const data = Float32Array.from([1, 2, 3, 4, 7, 7, 7, 7, -50, 50, -50, 50]);
    standardiseBands({ data, bands: 3, frames: 4 });
    const wanted = [-1.3416408, -0.4472136, 0.4472136, 1.3416408, 0, 0, 0, 0, -1, 1, -1, 1];
    data.forEach((v, i) => {
      expect(v).toBeCloseTo(wanted[i]!, 6);
    });
  });

  it('standardises the whole', () => {
    const data = Float32Array.from([1, 2, 3, 4]);
    standardiseAll({ data, bands: 2, frames: 2 });
    expect(data[0]).toBeCloseTo(-1.3416408, 6);
    expect(data[3]).toBeCloseTo(1.3416408, 6);
  });
});

describe('silence removal', () => {
  const sound = signal(3000).map((v) => (v === 0 ? 0.1 : v));
  const settings = { thresholdDb: -60, minSeconds: 1 };
  const join = (...parts: Float32Array[]) => Float32Array.from(parts.flatMap((p) => [...p]));

  it('drops long stretches at the ends and between', () => {
    const quiet = new Float32Array(2000);
    const loud = sound.map((v) => (Math.abs(v) < 0.01 ? 0.5 : v));
    expect(removeSilence(join(quiet, loud, quiet, loud, quiet), 2000, settings)).toEqual(join(loud, loud));
  });

  it('keeps pauses shorter than asked', () => {
    const x = join(sound, new Float32Array(1900), sound);
    expect(removeSilence(x, 2000, settings)).toEqual(x);
  });

  it('keeps a recording that is silent throughout', () => {
    expect(removeSilence(new Float32Array(9000), 2000, settings)).toHaveLength(9000);
  });

  it('refuses settings that make no sense', () => {
    expect(() => removeSilence(sound, 2000, { thresholdDb: 3, minSeconds: 1 })).toThrow(/thresholdDb is 3/);
    expect(() => removeSilence(sound, 2000, { thresholdDb: -3, minSeconds: 0 })).toThrow(/minSeconds is 0/);
  });
});

describe('windows', () => {
  it('overlap, and the last one is shifted, dropped or padded', () => {
    const plan = (last: 'shift' | 'drop' | 'pad', length = 25) =>
      planWindows(length, 2, { seconds: 5, hopSeconds: 3, last });
    expect(plan('shift')).toEqual({ length: 10, starts: [0, 6, 12, 15] });
    expect(plan('drop')).toEqual({ length: 10, starts: [0, 6, 12] });
    expect(plan('pad')).toEqual({ length: 10, starts: [0, 6, 12, 18] });
    for (const last of ['shift', 'drop', 'pad'] as const) expect(plan(last, 22).starts).toEqual([0, 6, 12]);
    expect(plan('shift', 10).starts).toEqual([0]);
  });

  it('of a recording too short are an error that says how long it is', () => {
    const plan = (last: 'shift' | 'pad') =>
      planWindows(6000, 2000, { seconds: 5, hopSeconds: 5, last }, 'a0001');
    expect(() => plan('shift')).toThrow(/a0001 is 3\.00 s long, shorter than one window of 5 s/);
    expect(plan('pad').starts).toEqual([0]);
    expect(() => planWindows(0, 2000, { seconds: 5, hopSeconds: 5, last: 'pad' })).toThrow(/0\.00 s/);
    expect(() => planWindows(10, 2, { seconds: 5, hopSeconds: 0 })).toThrow(/windows of 5 s every 0 s/);
  });

  it('are cut with zeros beyond the end', () => {
    const x = Float32Array.from([1, 2, 3, 4, 5]);
    expect([...cutWindows(x, { length: 3, starts: [0, 3] })]).toEqual([1, 2, 3, 4, 5, 0]);
  });

  it('frames fit whole', () => {
    const { data, frames } = frameSignal(Float32Array.from([1, 2, 3, 4, 5, 6]), 3, 2);
    expect(frames).toBe(2);
    expect([...data]).toEqual([1, 2, 3, 3, 4, 5]);
    expect(() => frameSignal(signal(2), 3, 1)).toThrow(/2 samples are too few/);
    expect(() => frameSignal(signal(2), 0, 1)).toThrow(/positive integers/);
  });
});

describe('window functions', () => {
  it('are periodic', () => {
    expect([...hann(4)].map((v) => Number(v.toFixed(12)))).toEqual([0, 0.5, 1, 0.5]);
    expect([...hamming(4)].map((v) => Number(v.toFixed(12)))).toEqual([0.08, 0.54, 1, 0.54]);
  });

  it('are centred in longer frames', () => {
    expect([...makeWindow('rectangular', 2, 5)]).toEqual([0, 1, 1, 0, 0]);
    expect(() => makeWindow('hann', 6, 5)).toThrow(/window of 6 samples/);
    expect(() => makeWindow('kaiser' as 'hann', 4)).toThrow(/unknown window 'kaiser'/);
  });
});
