import { describe, expect, it } from 'vitest';
import { decibel, decibelBlock, toDecibels } from '../../src/dsp/decibel.ts';
import { LOG_MEL_DEFAULTS, LogMel, type LogMelSettings, logMel } from '../../src/dsp/logmel.ts';
import { PlainKernel } from '../../src/dsp/logmel-kernel.ts';
import { SimdKernel } from '../../src/dsp/logmel-simd.ts';
import { hzToMel, type MelSettings, melFilterbank, melToHz } from '../../src/dsp/mel.ts';
import { frameCount, PowerFrames } from '../../src/dsp/spectrogram.ts';
import { distance, golden, signal, sounds, tone } from './signals.ts';

const noise = signal(4000, 11);

interface Case {
  samples: number;
  settings: LogMelSettings;
  frames: number;
  db: number[];
}

const heart: LogMelSettings = {
  ...LOG_MEL_DEFAULTS, sampleRate: 2000, nFft: 256, winLength: 256, hopLength: 50, bands: 64, fMin: 20, fMax: 900,
}; // biome-ignore format: one look

describe('log-mel against librosa', () => {
  it.each(golden<Case[]>('logmel').map((c) => [JSON.stringify(c.settings), c] as const))('%s', (_, c) => {
    const result = logMel(sounds(c.samples), c.settings);
    expect(result.frames).toBe(c.frames);
    expect(result.bands).toBe(c.settings.bands);
    expect(distance(result.data, c.db)).toBeLessThan(1e-4);
  });
});

describe('mel filterbank', () => {
  it.each(golden<{ settings: MelSettings; rows: [number, number[]][] }[]>('mel'))(
    '$settings',
    ({ settings, rows }) => {
      const bank = melFilterbank(settings);
      rows.forEach(([first, weights], band) => {
        const mine = bank.weights.slice(bank.offset[band], bank.offset[band + 1]);
        expect(bank.firstBin[band]).toBe(first);
        expect(distance(mine, weights)).toBeLessThan(1e-12);
      });
    },
  );

  it.each(['slaney', 'htk'] as const)('%s scale and its inverse', (scale) => {
    for (const hz of [0, 20, 440, 999.999, 1000, 1001, 8000])
      expect(melToHz(hzToMel(hz, scale), scale)).toBeCloseTo(hz, 9);
    expect(hzToMel(1000, scale)).toBeCloseTo(scale === 'htk' ? 999.9855 : 15, 3);
  });

  it('says how to avoid an empty filter', () => {
    const make = (bands: number, nFft = 256) =>
      melFilterbank({ sampleRate: 2000, nFft, bands, fMin: 20, fMax: 900, scale: 'slaney', norm: 'slaney' });
    expect(() => make(400)).toThrow(
      /holds no FFT bin.*fewer bands \((\d+) fit\), a larger nFft than 256, or a higher fMin/,
    );
    const fit = Number(/\((\d+) fit\)/.exec(String(catching(() => make(400))))?.[1]);
    expect(() => make(fit)).not.toThrow();
    expect(() => make(fit + 1)).toThrow();
    expect(() => make(400, 2048)).not.toThrow();
    expect(catching(() => make(400))).toMatchObject({ code: 'dsp/empty-mel-filter', exitCode: 2 });
  });

  it('refuses frequencies beyond half the sample rate', () => {
    const settings = { sampleRate: 2000, nFft: 256, bands: 10, scale: 'htk', norm: 'none' } as const;
    expect(() => melFilterbank({ ...settings, fMin: 20, fMax: 1001 })).toThrow(/fMax 1001 Hz/);
    expect(() => melFilterbank({ ...settings, fMin: 900, fMax: 900 })).toThrow(/fMin 900 Hz/);
    expect(() => melFilterbank({ ...settings, fMin: -1, fMax: 900 })).toThrow(/fMin -1 Hz/);
  });
});

function catching(f: () => unknown): unknown {
  try {
    f();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the WebAssembly kernel', () => {
  const sameBits = (settings: LogMelSettings, samples: Float32Array) => {
    const bank = new LogMel(settings).filterbank;
    const frames = frameCount(samples.length, settings);
    const limits = (peak: number) => ({ ref: Math.fround(peak / 3), floor: Math.fround(peak / 3 - 70) });
    const [plain, simd] = [PlainKernel, SimdKernel].map((K) =>
      new K(settings, bank).compute(samples, frames, limits),
    );
    expect(plain!.frames).toBe(frames);
    expect(new Uint32Array(simd!.data.buffer)).toEqual(new Uint32Array(plain!.data.buffer));
  };

  it.each([4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048])(
    'gives the same bits as the plain one, nFft %d',
    (nFft) => {
      const settings = { ...heart, nFft, winLength: nFft - 1, bands: Math.ceil(nFft / 32), fMax: 1000 };
      for (const hopLength of [2, 7, 32]) {
        for (let frames = 1; frames <= 9; frames++) {
          const samples = sounds((frames - 1) * hopLength + 1, frames);
          sameBits({ ...settings, hopLength }, samples);
        }
      }
    },
  );

  it('gives the same bits on longer signals, padded or not, after other signals', () => {
    for (const settings of [
      heart,
      { ...heart, center: false, hopLength: 33 },
      { ...heart, padMode: 'reflect' as const },
    ]) {
      for (const n of [20011, 300, 9002]) {
        sameBits(settings, sounds(n, 5));
      }
    }
  });
});

describe('log-mel', () => {
  it('does not depend on what a plan was used for before', () => {
    const plan = new LogMel(heart);
    const first = plan.compute(signal(3001)).data;
    plan.compute(signal(9000, 7));
    plan.compute(signal(70, 8));
    expect(plan.compute(signal(3001)).data).toEqual(first);
    expect(logMel(signal(3001), heart).data).toEqual(first);
  });

  it('of silence is the floor, without NaN', () => {
    const { data } = logMel(new Float32Array(1000), heart);
    expect(new Set(data)).toEqual(new Set([-100]));
    expect(new Set(logMel(new Float32Array(1000), { ...heart, ref: 'max' }).data)).toEqual(new Set([0]));
  });

  it('keeps within topDb of the peak', () => {
    const { data } = logMel(sounds(3000), { ...heart, topDb: 30 });
    expect(Math.max(...data) - Math.min(...data)).toBeCloseTo(30, 3);
  });

  it('needs one frame', () => {
    expect(() => logMel(new Float32Array(0), heart)).toThrow(/too few/);
    expect(logMel(signal(1), heart).frames).toBe(1);
    expect(() => logMel(signal(255), { ...heart, center: false })).toThrow(/255 samples are too few/);
    expect(logMel(signal(256), { ...heart, center: false }).frames).toBe(1);
    expect(logMel(signal(3), { ...heart, padMode: 'reflect' }).frames).toBe(1);
  });

  it.each([
    [{ amin: 0 }, /amin is 0/],
    [{ topDb: -1 }, /topDb is -1/],
    [{ ref: 0 }, /ref is 0/],
    [{ hopLength: 0 }, /hopLength is 0/],
    [{ winLength: 300 }, /winLength is 300/],
    [{ nFft: 1 }, /nFft is 1/],
    [{ bands: 1.5 }, /bands is 1.5/],
  ])('refuses %o', (change, message) => {
    expect(() => new LogMel({ ...heart, ...change })).toThrow(message);
  });
});

it('decibels are accurate over the whole range', () => {
  for (let exponent = -300; exponent <= 300; exponent++) {
    for (const mantissa of [1, 1.0019, 1.4143, 1.99999, 2.5, 7.77, 9.999999]) {
      const x = mantissa * Number(`1e${exponent}`);
      const d = Math.abs(decibel(x) - 10 * Math.log10(x));
      expect(d).toBeLessThanOrEqual(1e-12 * Math.abs(exponent * 10) + 1e-8);
    }
  }
  expect(decibel(1)).toBe(0);
});

it('decibels of many are within one rounding of float32, over all of its range', () => {
  const values: number[] = [];
  for (let exponent = -125; exponent <= 127; exponent++)
    for (let i = 0; i < 64; i++)
      values.push(2 ** exponent * (1 + i / 64), 2 ** exponent * (1 + Math.SQRT1_2 * (i / 50)));
  const block = decibelBlock(values.length);
  block.values.set(values.map((v) => Math.min(v, 3.4e38)));
  const exact = Array.from(block.values, (v) => 10 * Math.log10(v));
  toDecibels(block);
  for (const [i, want] of exact.entries())
    expect(Math.abs(block.values[i]! - want)).toBeLessThanOrEqual(1e-6 + 1.2e-7 * Math.abs(want));
});

describe('what loud, quiet and pure sounds have in common with float64', () => {
  // Of a pure tone, what lies between the peaks is far below them; nothing of it may come from rounding.
  const cases: [string, Float32Array][] = [
    ['noise', signal(4000)],
    ['noise, loud', signal(4000).map((v) => 1e4 * v)],
    ['noise, quiet', signal(4000).map((v) => 1e-4 * v)],
    ['loud and soft', sounds(6000)],
    ['a tone', tone(137.7, 2000, 4000)],
    ['a tone in quiet noise', tone(93.1, 2000, 4000).map((v, i) => v + 1e-5 * noise[i]!)],
    ['a constant', new Float32Array(4000).fill(0.5)],
    ['a constant with quiet noise', noise.map((v) => 0.5 + 1e-4 * v)],
  ];
  it.each(cases)('%s', (_, samples) => {
    const settings: LogMelSettings = { ...heart, topDb: null, amin: 1e-14 };
    const plan = new LogMel(settings);
    const { data, frames } = plan.compute(samples);
    const { firstBin, offset, weights } = plan.filterbank;
    const spectra = new PowerFrames(settings);
    spectra.load(samples);
    const want = new Float64Array(data.length);
    for (let t = 0; t < frames; t++) {
      spectra.pair(t, t);
      for (let band = 0; band < settings.bands; band++) {
        let sum = 0;
        for (let i = offset[band]!, k = firstBin[band]!; i < offset[band + 1]!; i++, k++)
          sum += weights[i]! * spectra.power[2 * k]!;
        want[band * frames + t] = 10 * Math.log10(Math.max(sum, settings.amin));
      }
    }
    expect(distance(data, want)).toBeLessThan(1e-5);
  });
});
