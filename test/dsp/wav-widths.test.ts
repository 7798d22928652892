/** How wide samples are where the header contradicts itself, and which end of a container they stand at. */
import { describe, expect, it, vi } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { bytesSource, readWav } from '../../src/dsp/wav.ts';
import {
  chunk,
  data,
  extensible,
  type Fmt,
  file,
  float,
  fmt,
  hashOf,
  pcm16,
  ramp,
  readAll,
  readAtOnce,
  uint,
} from './wav-files.ts';

function read(options: Fmt, bytes: number[], little = true) {
  const all = file([fmt(options, little), data(bytes, little)], little ? 'RIFF' : 'RIFX');
  const outcome = readAtOnce(all);
  if ('code' in outcome) return outcome;
  const wav = readWav(all);
  return { values: wav.channels.map((c) => [...c].map((v) => v + 0)), warnings: wav.warnings.join('; ') };
}

const integers = (values: number[], bytes: number, little = true) =>
  values.flatMap((value) => uint(value, bytes, little));

describe('low-justified samples', () => {
  const low = /stand in the low bits/;

  it.each([
    [
      '24 in 4',
      { bits: 24, align: 4 },
      integers([1, -2, 8388607], 4),
      [1, -2, 8388607].map((v) => v / 8388608),
    ],
    // hound writes the high byte of negative values as 0
    [
      '24 in 4, zero above',
      { bits: 24, align: 4 },
      [0xa0, 0xff, 0xff, 0, 1, 0, 0, 0],
      [-96 / 8388608, 1 / 8388608],
    ],
    ['12 in 4', { bits: 12, align: 4 }, integers([1, -2, 2047], 4), [1, -2, 2047].map((v) => v / 2048)],
    [
      '12 in the high bits of 2 of 4',
      { bits: 12, align: 4 },
      integers([32752, -32768], 4),
      [2047 / 2048, -1],
    ],
    [
      '8 in 2, signed as 2 bytes are',
      { bits: 8, align: 2 },
      integers([127, -128, 1], 2),
      [127 / 128, -1, 1 / 128],
    ],
    [
      '20 valid of 32',
      { tag: 0xfffe, bits: 32, extra: extensible(1, 20) },
      integers([524287, -1], 4),
      [524287 / 524288, -1 / 524288],
    ],
    [
      '40 in 8',
      { bits: 40, align: 8 },
      integers([2 ** 38 + 1, 1 - 2 ** 39], 8).map((b, i) => (i >= 13 ? 255 : b)),
      [0.5, -1],
    ],
  ] as const)('%s', (_, options, bytes, values) => {
    // biome-ignore format: rows
    const got = read(options as Fmt, [...bytes]);
    expect(got).toEqual({ values: [[...values]], warnings: expect.stringMatching(low) });
  });

  it('in big-endian', () => {
    expect(read({ bits: 24, align: 4 }, integers([1, -2], 4, false), false)).toEqual({
      values: [[1 / 8388608, -2 / 8388608]],
      warnings: expect.stringMatching(low),
    });
  });

  it('silence is silence, wherever it stands', () => {
    expect(read({ bits: 24, align: 4 }, integers([0, 0], 4))).toEqual({ values: [[0, 0]], warnings: '' });
  });

  it('are found in sound that the walk over the chunks has left behind', () => {
    const samples = integers(
      Array.from({ length: 3000 }, (_, i) => i - 1500),
      4,
    );
    const bytes = file([fmt({ bits: 24, align: 4 }), data(samples), chunk('LIST', [1, 2])]);
    const wav = readWav(bytes);
    expect(wav.warnings.join()).toMatch(low);
    expect([...wav.channels[0]!.subarray(0, 2)]).toEqual([-1500 / 8388608, -1499 / 8388608]);
  });

  it('are found, or ruled out, by samples far from the start', async () => {
    const count = 400_000;
    const bytes = file([fmt({ bits: 24, align: 4 }), data([], true, 4 * count)]);
    const all = new Uint8Array(bytes.length + 4 * count);
    all.set(bytes);
    const view = new DataView(all.buffer, bytes.length);
    const both = async () => {
      const once = readWav(all);
      const { info, blocks } = await readAll(bytesSource(all));
      expect(info.warnings).toEqual(once.warnings);
      expect(hashOf(blocks)).toBe(hashOf([once.channels]));
      return once;
    };
    // the last place that is looked at ends with the last sample
    view.setInt32(4 * (count - 1), 4_194_304, true);
    expect((await both()).channels[0]!.at(-1)).toBe(4_194_304 / 2147483648);
    view.setInt32(4 * (count - 2), 5, true);
    const wav = await both();
    expect(wav.warnings.join()).toMatch(low);
    expect(wav.channels[0]!.at(-1)).toBe(0.5);
    for (let i = count - 9000; i < count; i++) view.setInt32(4 * i, 0x12345678, true);
    expect((await both()).warnings.join()).toMatch(/use all 4 bytes/);
  });
});

describe('a container that is full', () => {
  const full = integers([0x12345678, -0x12345678], 4);

  it('is read as it stands where nothing else makes sense', () => {
    const values = [[0x12345678, -0x12345678].map((v) => Math.fround(v / 2147483648))];
    const warnings = expect.stringMatching(/samples of \d+ bits use all 4 bytes/);
    expect(read({ tag: 0xfffe, bits: 32, extra: extensible(1, 24) }, full)).toEqual({ values, warnings });
    expect(read({ bits: 24, align: 4 }, full)).toEqual({ values, warnings });
  });

  it('is one whose high byte is not the sign', () => {
    expect(read({ bits: 24, align: 4 }, [1, 0, 0, 0xff])).toMatchObject({
      warnings: expect.stringMatching(/use all 4 bytes/),
    });
  });

  it('is refused where it may be more channels', () => {
    expect(read({ bits: 16, align: 4 }, full)).toMatchObject({
      code: 'wav/bad-fmt',
      offset: 32,
      message: expect.stringMatching(/leaves 4 bytes for a sample of 16 bits, all in use.*more channels/),
    });
  });

  it('is none where the byte rate says so', () => {
    expect(read({ bits: 16, align: 4, byteRate: 4000 }, pcm16([5, 6, 7, 8]))).toEqual({
      values: [[5, 6, 7, 8].map((v) => v / 32768)],
      warnings: 'block size 4 does not fit 1 channels of 16 bits: ignored',
    });
  });
});

describe('a block size that does not fit', () => {
  it.each([
    ['PCM', { bits: 24, channels: 3, align: 4 }, 32],
    ['PCM, too small', { bits: 16, align: 1 }, 32],
    ['PCM, too large', { bits: 16, align: 9 }, 32],
    ['float', { tag: 3, bits: 32, align: 8 }, 32],
    ['A-law', { tag: 6, bits: 8, align: 2 }, 32],
    ['µ-law of 16 bits', { tag: 7, bits: 16, align: 2 }, 34],
  ] as const)('%s: is refused', (_, options, offset) => {
    expect(read(options, [...ramp, ...ramp, 0])).toMatchObject({ code: 'wav/bad-fmt', offset });
  });

  it.each([
    ['PCM', { bits: 24, channels: 3, align: 4, byteRate: 18_000 }],
    ['PCM, left out', { bits: 16, align: 0 }],
    ['float', { tag: 3, bits: 32, align: 2, byteRate: 8000 }],
    ['A-law', { tag: 6, bits: 8, align: 2, byteRate: 2000 }],
  ] as const)('%s: is outvoted by the byte rate, or says nothing', (_, options) => {
    expect(read(options, [...ramp, 0])).toMatchObject({ warnings: expect.stringMatching(/ignored/) });
  });

  it('G.711 with the bits of what comes out is clear enough', () => {
    expect(read({ tag: 7, bits: 16, align: 1 }, [0x80, 0])).toEqual({
      values: [[32124 / 32768, -32124 / 32768]],
      warnings: 'G.711 samples of 16 bits: taken as 8',
    });
  });
});

describe('codecs', () => {
  it.each([
    ['A-law', 6, [0xaa], [32256 / 32768]],
    ['µ-law', 7, [0x80], [32124 / 32768]],
    ['8 bits', 1, [192], [0.5]],
  ] as const)('%s in an extensible header, in both byte orders', (_, tag, bytes, values) => {
    for (const little of [true, false]) {
      const options = { tag: 0xfffe, bits: 8, extra: extensible(tag, 8, little) };
      expect(read(options, [...bytes], little)).toEqual({ values: [[...values]], warnings: '' });
    }
  });

  it('more valid bits than there are, are as many as there are', () => {
    const bytes = file([fmt({ tag: 0xfffe, extra: extensible(1, 24) }), data(ramp)]);
    expect(readWav(bytes)).toMatchObject({
      bitsPerSample: 16,
      warnings: ['24 valid bits in samples of 16 bits: taken as 16'],
    });
  });

  it('ambisonic sub-formats are PCM and float', () => {
    const extra = [
      ...extensible(1, 16).slice(0, 12),
      0x21,
      0x07,
      0xd3,
      0x11,
      0x86,
      0x44,
      0xc8,
      0xc1,
      0xca,
      0,
      0,
      0,
    ];
    expect(read({ tag: 0xfffe, extra }, ramp)).toMatchObject({ warnings: '' });
  });

  it('NaN and infinities pass through', () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-45];
    for (const little of [true, false]) {
      const wav = readWav(
        file(
          [fmt({ tag: 3, bits: 32 }, little), data(float(odd, 32, little), little)],
          little ? 'RIFF' : 'RIFX',
        ),
      );
      expect([...wav.channels[0]!]).toEqual([...Float32Array.from(odd)]);
    }
    expect(read({ tag: 3, bits: 64 }, float([1e300], 64, true))).toMatchObject({ values: [[Infinity]] });
  });

  it('every NaN is the same one', () => {
    const quiet = [1, 0, 0xc0, 0x7f];
    const signalling = [1, 0, 0x80, 0x7f];
    const negative = [0xff, 0xff, 0xff, 0xff];
    const all = [...quiet, ...signalling, ...negative, ...signalling];
    const bits = (wav: { channels: Float32Array[] }) =>
      wav.channels.flatMap((c) => [...new Uint32Array(c.buffer)]);
    const expected = new Array(4).fill(0x7fc00000);
    for (const channels of [1, 2]) {
      const float32 = fmt({ tag: 3, bits: 32, channels });
      expect(bits(readWav(file([float32, data(all)])))).toEqual(expected);
      const big = fmt({ tag: 3, bits: 32, channels }, false);
      expect(bits(readWav(file([big, data(all.toReversed(), false)], 'RIFX')))).toEqual(expected);
    }
    const wide = [1, 0, 0, 0, 0, 0, 0xf0, 0x7f, ...new Array(8).fill(0xff)];
    const float64 = fmt({ tag: 3, bits: 64 });
    expect(bits(readWav(file([float64, data([...wide, ...wide])])))).toEqual(expected);
  });

  it.each([
    [0x31, 'GSM 6.10'],
    [0x55, 'MP3'],
    [0x45, 'G.726 ADPCM'],
    [0xf1ac, 'FLAC'],
  ])('0x%s is refused as %s', (tag, name) => {
    expect(read({ tag }, ramp)).toMatchObject({
      code: 'wav/unsupported-codec',
      offset: 20,
      message: expect.stringContaining(`0x${tag.toString(16)} (${name}) is not supported`),
    });
  });

  it('an unknown one is refused by its number', () => {
    expect(read({ tag: 0x1234 }, ramp)).toMatchObject({
      message: expect.stringMatching(/codec 0x1234 is not/),
    });
  });
});

it('a file that memory cannot hold is refused as one', () => {
  const bytes = file([fmt(), data(ramp)]);
  vi.stubGlobal(
    'Float32Array',
    class {
      constructor() {
        throw new RangeError('Array buffer allocation failed');
      }
    },
  );
  let error: unknown;
  try {
    readWav(bytes);
  } catch (caught) {
    error = caught;
  } finally {
    vi.unstubAllGlobals();
  }
  expect(error).toBeInstanceOf(DataError);
  expect(error).toMatchObject({ code: 'wav/memory', message: expect.stringMatching(/WavStream/) });
});
