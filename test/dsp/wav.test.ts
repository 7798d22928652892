import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { readWav, writeWav16 } from '../../src/dsp/wav.ts';
import { signal } from './signals.ts';
import {
  chunk,
  data,
  extensible,
  type Fmt,
  file,
  float,
  fmt,
  letters,
  pcm16,
  ramp,
  rampValues,
  uint,
} from './wav-files.ts';

function errorOf(bytes: Uint8Array): DataError {
  try {
    readWav(bytes, { name: 'x.wav' });
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toMatch(/^x\.wav: .*\(at byte \d+\)/);
    return error as DataError;
  }
  throw new Error('no error');
}

describe('encodings', () => {
  it.each([
    ['8 bits', fmt({ bits: 8 }), [128, 192, 0, 255], [0, 0.5, -1, 127 / 128], 'pcm', 8],
    ['5 bits', fmt({ bits: 5 }), [128, 192, 0, 248], [0, 0.5, -1, 120 / 128], 'pcm', 5],
    ['12 bits', fmt({ bits: 12 }), pcm16([0, 16384, -32768, 32752]), [0, 0.5, -1, 2047 / 2048], 'pcm', 12],
    ['16 bits', fmt(), ramp, rampValues, 'pcm', 16],
    [
      '24 bits',
      fmt({ bits: 24 }),
      [0, 0, 0, 0, 0, 0x40, 0, 0, 0x80, 0xff, 0xff, 0xff],
      [0, 0.5, -1, -1 / 8388608],
      'pcm',
      24,
    ],
    [
      '24 bits in the high bytes of 4',
      fmt({ bits: 24, align: 4 }),
      [0, 0, 0, 0x40, 0, 0, 0, 0x80],
      [0.5, -1],
      'pcm',
      24,
    ],
    [
      '24 bits in the low bytes of 4',
      fmt({ bits: 24, align: 4 }),
      [1, 0, 0x40, 0, 0, 0, 0x80, 0xff],
      [4194305 / 8388608, -1],
      'pcm',
      24,
    ],
    ['32 bits', fmt({ bits: 32 }), [0, 0, 0, 0x40, 0, 0, 0, 0x80], [0.5, -1], 'pcm', 32],
    ['40 bits', fmt({ bits: 40 }), [0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0x80], [0.5, -1], 'pcm', 40],
    ['64 bits', fmt({ bits: 64 }), [0, 0, 0, 0, 0, 0, 0, 0xc0], [-0.5], 'pcm', 64],
    ['float 32', fmt({ tag: 3, bits: 32 }), float([0.25, -3], 32, true), [0.25, -3], 'float', 32],
    ['float 64', fmt({ tag: 3, bits: 64 }), float([0.25, -3], 64, true), [0.25, -3], 'float', 64],
    [
      'A-law',
      fmt({ tag: 6, bits: 8 }),
      [0xd5, 0x55, 0xaa, 0x2a],
      [8, -8, 32256, -32256].map((v) => v / 32768),
      'alaw',
      8,
    ],
    [
      'µ-law',
      fmt({ tag: 7, bits: 8 }),
      [0xff, 0x7f, 0x80, 0x00],
      [0, 0, 32124, -32124].map((v) => v / 32768),
      'mulaw',
      8,
    ],
    ['extensible', fmt({ tag: 0xfffe, extra: extensible(1, 16) }), ramp, rampValues, 'pcm', 16],
    [
      'extensible float',
      fmt({ tag: 0xfffe, bits: 32, extra: extensible(3, 32) }),
      float([1.5], 32, true),
      [1.5],
      'float',
      32,
    ],
    [
      '20 valid bits of 24',
      fmt({ tag: 0xfffe, bits: 24, extra: extensible(1, 20) }),
      [0, 0, 0x40],
      [0.5],
      'pcm',
      20,
    ],
  ] as const)('%s', (_, format, bytes, values, encoding, bits) => {
    const wav = readWav(file([[...format], data([...bytes])]));
    expect([...wav.channels[0]!].map((v) => v + 0)).toEqual([...Float32Array.from(values)]);
    expect(wav).toMatchObject({ encoding, bitsPerSample: bits, sampleRate: 2000, frames: values.length });
  });

  it('big-endian RIFX', () => {
    const of = (options: Fmt, bytes: number[]) =>
      readWav(file([fmt(options, false), data(bytes, false)], 'RIFX')).channels[0];
    expect(of({}, pcm16([0, 16384, -32768, 32767], false))).toEqual(Float32Array.from(rampValues));
    expect(of({ bits: 24 }, [0x40, 0, 1])).toEqual(Float32Array.from([4194305 / 8388608]));
    expect(of({ bits: 40 }, [0x80, 0, 0, 0, 0])).toEqual(Float32Array.from([-1]));
    expect(of({ tag: 3, bits: 32 }, float([0.25], 32, false))).toEqual(Float32Array.from([0.25]));
    expect(of({ tag: 0xfffe, extra: extensible(1, 16, false) }, [0x40, 0])).toEqual(Float32Array.from([0.5]));
  });

  it('several channels are taken apart', () => {
    const wav = readWav(file([fmt({ channels: 3 }), data(pcm16([1, 2, 3, 4, 5, 6].map((v) => v * 4096)))]));
    expect(wav.channels.map((c) => [...c].map((v) => v * 8))).toEqual([[1, 4], [2, 5], [3, 6]]); // biome-ignore format: rows
  });

  it('every A-law and µ-law code is symmetric and monotone', () => {
    for (const tag of [6, 7]) {
      const codes = Array.from({ length: 256 }, (_, i) => i);
      const values = [...readWav(file([fmt({ tag, bits: 8 }), data(codes)])).channels[0]!];
      for (let i = 0; i < 128; i++) expect(values[i]! + values[i + 128]!).toBe(0);
      const order = codes.slice(128).map((c) => values[tag === 6 ? (c ^ 0x55) | 0x80 : 383 - c]!);
      for (let i = 1; i < 128; i++) expect(order[i]).toBeGreaterThan(order[i - 1]!);
    }
  });
});

describe('containers', () => {
  const values = (bytes: Uint8Array) => {
    const wav = readWav(bytes);
    return { got: [...wav.channels[0]!], warnings: wav.warnings };
  };
  const clean = { got: rampValues, warnings: [] };

  it('reads chunks in any order, and others around them', () => {
    const junk = chunk('LIST', [1, 2, 3]);
    expect(values(file([fmt(), data(ramp)]))).toEqual(clean);
    expect(values(file([junk, fmt(), junk, data(ramp), junk]))).toEqual(clean);
    expect(values(file([data(ramp), junk, fmt()]))).toEqual(clean);
  });

  it('reads a view into a larger buffer', () => {
    const bytes = file([fmt(), data(ramp)]);
    const larger = new Uint8Array(bytes.length + 13).fill(77);
    larger.set(bytes, 7);
    expect(values(larger.subarray(7, 7 + bytes.length))).toEqual(clean);
  });

  it('forgives a missing pad byte, a wrong RIFF size and trailing bytes', () => {
    const odd = [...letters('odd '), ...uint(3, 4), 1, 2, 3];
    expect(values(file([odd, fmt(), data(ramp)]))).toEqual(clean);
    expect(values(file([fmt(), data(ramp)], 'RIFF', 7))).toEqual(clean);
    expect(values(file([fmt(), data(ramp), [1, 2, 3]]))).toEqual(clean);
  });

  it('reads RF64, whose length is in ds64', () => {
    const ds64 = chunk('ds64', [...uint(0, 8), ...uint(ramp.length, 8), ...uint(4, 8), ...uint(0, 4)]);
    const bytes = file(
      [ds64, fmt(), data(ramp, true, 0xffffffff), chunk('LIST', [9, 9])],
      'RF64',
      0xffffffff,
    );
    expect(values(bytes)).toEqual(clean);
    const huge = chunk('ds64', [...uint(0, 8), ...uint(2 ** 40, 8), ...uint(0, 12)]);
    expect(errorOf(file([huge, fmt(), data(ramp, true, 0xffffffff)], 'RF64')).message).toMatch(
      /claims 549755813888 samples per channel, 4 are there/,
    );
  });

  it.each([0, 0xffffffff, 0xffffffdb, 0x7fffffff])(
    'reads to the end if the recorder left the length at %d',
    (size) => {
      const { got, warnings } = values(file([fmt(), data(ramp, true, size)]));
      expect(got).toEqual(rampValues);
      expect(warnings.join()).toMatch(/never wrote the length.*8 bytes/);
    },
  );

  it('warns of a partial frame, a wrong block size and a second data chunk', () => {
    expect(values(file([fmt(), data([...ramp, 5])])).warnings.join()).toMatch(
      /1 bytes after the last whole frame/,
    );
    for (const align of [0, 1]) {
      const odd = values(file([fmt({ align, byteRate: 4000 }), data(ramp)]));
      expect(odd.got).toEqual(rampValues);
      expect(odd.warnings.join()).toMatch(/block size \d does not fit/);
    }
    expect(values(file([fmt(), data(ramp), data(ramp)])).warnings.join()).toMatch(/second data chunk/);
  });
});

describe('files that cannot be read', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'wav/not-a-wav', /empty/],
    ['five bytes', Uint8Array.from(letters('RIFF1')), 'wav/not-a-wav', /only 5 bytes/],
    ['FLAC', Uint8Array.from(letters('fLaC            ')), 'wav/not-a-wav', /FLAC/],
    ['text', Uint8Array.from(letters('record,label\n1,2')), 'wav/not-a-wav', /neither RIFF/],
    ['AVI', Uint8Array.from(letters('RIFF    AVI     ')), 'wav/not-a-wav', /kind 'AVI '/],
    ['no fmt', file([data(ramp)]), 'wav/no-fmt', /no fmt chunk/],
    ['a short fmt', file([chunk('fmt ', [1, 0, 1, 0])]), 'wav/bad-fmt', /4 bytes, at least 16/],
    ['no data', file([fmt()]), 'wav/no-data', /no data chunk/],
    ['0 channels', file([fmt({ channels: 0 }), data(ramp)]), 'wav/zero-channels', /0 channels/],
    ['0 Hz', file([fmt({ rate: 0 }), data(ramp)]), 'wav/zero-rate', /0 Hz/],
    ['0 bits', file([fmt({ bits: 0 }), data(ramp)]), 'wav/bad-fmt', /0 bits/],
    ['72 bits', file([fmt({ bits: 72 }), data(ramp)]), 'wav/bad-fmt', /72 bits/],
    ['float 16', file([fmt({ tag: 3 }), data(ramp)]), 'wav/bad-fmt', /only 32 and 64/],
    ['GSM', file([fmt({ tag: 49, bits: 0 }), data(ramp)]), 'wav/unsupported-codec', /0x31 \(GSM 6.10\)/],
    // block size and byte rate both deny what channels and bits say
    ['a wrong block size', file([fmt({ align: 1 }), data(ramp)]), 'wav/bad-fmt', /block size 1 does not fit/],
    [
      'a private GUID',
      file([fmt({ tag: 0xfffe, extra: new Array(24).fill(7) }), data(ramp)]),
      'wav/unsupported-codec',
      /private/,
    ],
    [
      'a short extensible fmt',
      file([fmt({ tag: 0xfffe }), data(ramp)]),
      'wav/bad-fmt',
      /16 bytes instead of 40/,
    ],
    ['no samples', file([fmt(), data([])]), 'wav/no-samples', /no samples/],
    [
      'no samples, other chunks',
      file([fmt(), data([]), chunk('LIST', [1, 2])]),
      'wav/no-samples',
      /no samples/,
    ],
    ['less than one frame', file([fmt({ channels: 8 }), data(ramp)]), 'wav/no-samples', /no samples/],
    [
      'a huge claim',
      file([fmt(), data(ramp, true, 0x70000000)]),
      'wav/truncated',
      /claims 939524096 samples per channel, 4 are there/,
    ],
  ] as const)('%s', (_, bytes, code, message) => {
    const error = errorOf(bytes);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(3);
  });

  it('a truncated file is read on request', () => {
    const bytes = file([fmt(), data(ramp, true, 80)]);
    const wav = readWav(bytes, { truncated: 'accept' });
    expect([...wav.channels[0]!]).toEqual(rampValues);
    expect(wav.warnings.join()).toMatch(/claims 40 samples per channel, 4 are there/);
  });

  it('whatever is done to a file, the result is samples or a DataError', () => {
    const originals = [
      file([fmt(), data(ramp)]),
      file([
        chunk('LIST', [1, 2, 3]),
        fmt({ tag: 0xfffe, bits: 24, channels: 2, extra: extensible(1, 24) }),
        data(ramp),
      ]),
      file([chunk('ds64', uint(99, 28)), fmt({ tag: 3, bits: 64 }), data(ramp, true, 0xffffffff)], 'RF64'),
      file([fmt({}, false), data(ramp, false)], 'RIFX'),
    ];
    let state = 1;
    const random = (n: number) => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 8) % n;
    let failures = 0;
    for (let round = 0; round < 8000; round++) {
      const bytes = originals[round % originals.length]!.slice();
      for (let i = random(4); i >= 0; i--)
        bytes[random(bytes.length)] = [0, 255, 127, 1, random(256)][random(5)]!;
      const cut = random(3) ? bytes : bytes.subarray(0, random(bytes.length));
      try {
        const wav = readWav(cut);
        expect(wav.frames * wav.channels.length).toBeLessThanOrEqual(cut.length);
      } catch (error) {
        failures++;
        if (!(error instanceof DataError)) throw error;
      }
    }
    expect(failures).toBeGreaterThan(1000);
  });
});

describe('writeWav16', () => {
  it('is read back', () => {
    const x = signal(1000).map((v) => Math.round(v * 32768) / 32768);
    const wav = readWav(writeWav16(x, 2000));
    expect(wav.channels[0]).toEqual(x.map((v) => Math.min(v, 32767 / 32768)));
    expect(wav).toMatchObject({ sampleRate: 2000, encoding: 'pcm', bitsPerSample: 16, warnings: [] });
  });

  it('clips, and refuses a rate the header cannot hold', () => {
    expect([...readWav(writeWav16(Float32Array.from([2, -2]), 8000)).channels[0]!]).toEqual([
      32767 / 32768,
      -1,
    ]);
    for (const rate of [0, 44100.5, Number.NaN])
      expect(() => writeWav16(signal(3), rate)).toThrow(/sample rate/);
  });
});
