/** FLAC: files of libsndfile decoded as libsndfile does, files of odd forms, damage; and what is neither FLAC nor MP3. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { EngineError } from '../../src/base/errors.ts';
import { crc8, crc16 } from '../../src/train/compressed/crc.ts';
import { readFlac } from '../../src/train/compressed/flac.ts';
import { soundKind } from '../../src/train/compressed/kind.ts';
import { headerAt } from '../../src/train/compressed/mp3.ts';
import { decodeCompressed, openCompressed } from '../../src/train/compressed.ts';
import {
  bytesOf,
  failure,
  flac,
  goldens,
  interleave,
  manyFrames,
  mp3,
  nameOf,
  sound,
} from './compressed-goldens.ts';
import { silentFrame, writeFlac } from './flac-files.ts';

describe('FLAC of libsndfile', () => {
  it.each(flac.map((golden) => [golden.name, golden] as const))('%s: the same samples', async (_, golden) => {
    const { sampleRate, channels, warnings } = await decodeCompressed(bytesOf(golden), nameOf(golden));
    expect([sampleRate, channels.length, channels[0]!.length]).toEqual([
      golden.rate,
      golden.channels,
      golden.frames,
    ]);
    expect(warnings).toEqual([]);
    const samples = interleave(channels);
    const hash = createHash('sha256').update(new Uint8Array(samples.buffer)).digest('hex');
    expect(hash).toBe(golden.sha256);
  });

  it('comes in blocks, too', async () => {
    const stream = await openCompressed(manyFrames, 'a.flac');
    expect([stream.sampleRate, stream.channels, stream.frames]).toEqual([44100, 1, 8500]);
    const long = writeFlac([sound(150_000)], { block: 4096 });
    const lengths: number[] = [];
    for await (const [block] of (await openCompressed(long, 'a.flac')).blocks()) lengths.push(block!.length);
    expect(lengths).toEqual([65536, 65536, 150_000 - 2 * 65536]);
  });
});

describe('FLAC of other forms', () => {
  const extremes = (bits: number) => [0, 1, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), 2 ** (bits - 2) + 1];

  it.each([8, 16, 24])('every integer of %i bits is exact', async (bits) => {
    const half = 2 ** (bits - 1);
    const step = bits === 24 ? 401 : 1;
    const all = Array.from({ length: Math.floor((2 * half - 1) / step) + 1 }, (_, i) => i * step - half);
    const values = [...all, ...extremes(bits)];
    const { channels } = await decodeCompressed(writeFlac([values], { bits, block: 4096 }), 'a.flac');
    const wrong = values.findIndex((value, i) => channels[0]![i] !== value / half);
    expect(wrong).toBe(-1);
  });

  it.each([
    ['numbered by samples', { variable: true }],
    ['with rate and bits in STREAMINFO only', { implicit: true, rate: 70001 }],
    ['with a total that is not known', { total: 0 }],
    ['of one frame', { block: 1000 }],
    ['of tiny frames', { block: 3 }],
  ])('%s', async (_, options) => {
    const given = [sound(500), sound(500, 3)];
    const { channels, warnings } = await decodeCompressed(writeFlac(given, options), 'a.flac');
    expect(channels.map((channel) => [...channel].map((x) => x * 32768))).toEqual(given);
    expect(warnings).toEqual([]);
  });

  it('of eight channels', async () => {
    const given = Array.from({ length: 8 }, (_, c) => sound(150, c + 1));
    const { channels } = await decodeCompressed(writeFlac(given), 'a.flac');
    expect(channels.map((channel) => [...channel].map((x) => x * 32768))).toEqual(given);
  });

  it('without MD5 is read with a warning', async () => {
    const { channels, warnings } = await decodeCompressed(
      writeFlac([sound(500)], { md5: new Uint8Array(16) }),
      'a.flac',
    );
    expect(channels[0]!.length).toBe(500);
    expect(warnings).toEqual([expect.stringMatching(/no MD5/)]);
  });

  it('behind an ID3v2 tag, and before an ID3v1 tag', async () => {
    const tag = Uint8Array.from([...Buffer.from('ID3'), 4, 0, 0, 0, 0, 1, 5, ...new Array(133).fill(7)]);
    const after = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)]);
    const { channels, warnings } = await decodeCompressed(
      Buffer.concat([tag, writeFlac([sound(500)]), after]),
      'a.flac',
    );
    expect(channels[0]!.length).toBe(500);
    expect(warnings).toEqual([expect.stringMatching(/128 bytes behind the sound/)]);
  });

  it('whose sound looks like the header of the next frame but for its checksum', async () => {
    const words = [0xfff8, 0x7d08, 0x0100, 0x630f, 0xa000];
    const header = Uint8Array.from(words.flatMap((word) => [word >> 8, word & 255]));
    expect(crc8(header, 0, 9)).not.toBe(header[9]);
    const samples = [...sound(40), ...words.map((word) => (word << 16) >> 16), ...sound(155)];
    const { channels } = await decodeCompressed(writeFlac([samples]), 'a.flac');
    expect([...channels[0]!].map((x) => x * 32768)).toEqual(samples);
  });

  it.each([12, 20, 32])('of %i bits is refused, with what to do', async (bits) => {
    const error = await failure(writeFlac([sound(50).map((x) => x >> 5)], { bits }));
    expect(error.code).toBe('audio/unsupported');
    expect(error.message).toMatch(new RegExp(`${bits} bits.*Convert it to WAV`));
  });

  it('with more samples than are decoded is refused before any is', async () => {
    const info = writeFlac(new Array(8).fill([]), { total: 0, md5: new Uint8Array(16) });
    const frames = Array.from({ length: 1025 }, (_, i) => silentFrame(i, 8, 65536));
    const bytes = Buffer.concat([info, ...frames]);
    expect(bytes.length).toBeLessThan(60_000);
    const error = await failure(bytes);
    expect(error.code).toBe('audio/too-long');
    expect(error.message).toMatch(/67174400 samples in 8 channels/);
    const stream = await openCompressed(bytes.subarray(0, -frames[0]!.length - 1), 'a.flac');
    expect(stream.frames).toBe(1024 * 65536);
  });
});

describe('damaged FLAC', () => {
  const whole = writeFlac([sound(1000)], { block: 100 });
  const { frames } = readFlac(whole, 0, 'a.flac');

  it('is found frame by frame', () => {
    expect(frames.length).toBe(10);
    expect(frames.every(({ samples }) => samples === 100)).toBe(true);
    expect(frames.at(-1)!.offset + frames.at(-1)!.length).toBe(whole.length);
  });

  it('cut anywhere is refused, and says what is there', async () => {
    for (let end = 0; end < whole.length; end += 13) {
      const error = await failure(whole.subarray(0, end));
      expect(['audio/truncated', 'audio/empty', 'audio/unsupported']).toContain(error.code);
      const there = frames.filter(({ offset, length }) => offset + length <= end).length * 100;
      if (end > frames[0]!.offset + 20)
        expect(error.message).toMatch(new RegExp(`\\b${there} (of 1000 )?samples`));
    }
  });

  it('with a byte changed in any frame is refused, naming the frame or its place', async () => {
    for (const [i, { offset, length }] of frames.entries()) {
      for (const at of [offset + 20, offset + length - 1]) {
        const bytes = whole.slice();
        bytes[at]! ^= 0x10;
        const error = await failure(bytes);
        expect(error.code).toBe(i === 9 ? 'audio/truncated' : 'audio/damaged');
        expect(error.message).toContain(`frame ${i}`);
        expect(error.message).toContain(`${i * 100} `);
      }
    }
  });

  it('with a frame missing, or twice, is refused', async () => {
    const [from, to] = [frames[4]!.offset, frames[5]!.offset];
    const missing = Buffer.concat([whole.subarray(0, from), whole.subarray(to)]);
    expect((await failure(missing)).message).toMatch(/frame 4 is missing: it has number 5, expected 4/);
    const twice = Buffer.concat([whole.subarray(0, to), whole.subarray(from)]);
    expect((await failure(twice)).code).toBe('audio/damaged');
  });

  it('with the header of a frame destroyed is refused', async () => {
    const bytes = whole.slice();
    bytes.fill(0, frames[3]!.offset, frames[3]!.offset + 6);
    expect((await failure(bytes)).message).toMatch(/\b300 of 1000 samples/);
  });

  it('with another MD5 is refused though every frame is right', async () => {
    const bytes = whole.slice();
    bytes[30]! ^= 1;
    const error = await failure(bytes);
    expect(error.code).toBe('audio/damaged');
    expect(error.message).toMatch(/MD5/);
  });

  it('whose frames have the right checksum and nonsense within is refused', async () => {
    const bytes = whole.slice();
    const { offset, length } = frames[2]!;
    // A reserved type of subframe, checksum made right again.
    bytes[offset + 10] = 0b00001110;
    const crc = crc16(bytes, offset, offset + length - 2);
    bytes[offset + length - 2] = crc >> 8;
    bytes[offset + length - 1] = crc & 255;
    const error = vi.spyOn(console, 'error');
    expect((await failure(bytes)).message).toMatch(/cannot be decoded/);
    expect(error).not.toHaveBeenCalled();
    error.mockRestore();
  });

  it.each([
    [10, 'audio/truncated'],
    [42, 'audio/empty'],
  ])('of %i bytes is refused as %s', async (length, code) => {
    expect((await failure(whole.subarray(0, length))).code).toBe(code);
  });
});

describe('other kinds', () => {
  it.each([
    ['OggS\0\x02', 'Ogg'],
    ['\xff\xf1\x50\x80\x00\x1f\xfc', 'AAC'],
    ['\xff\xfd\x90\x00', 'MPEG layer I or II'],
    ['\0\0\0\x20ftypM4A ', 'MP4'],
    ['FORM\0\0\0\0AIFF', 'AIFF'],
    ['RIFF\0\0\0\0WAVE', 'WAV'],
  ])('%j is refused as %s', async (text, kind) => {
    const bytes = Uint8Array.from(Buffer.from(text, 'latin1'));
    expect(soundKind(bytes)).toBe(kind);
    const error = await failure(bytes, 'a.mp3');
    expect(error.code).toBe('audio/unsupported');
    expect(error.message).toContain(kind);
    expect(error.message).toContain('Convert it to WAV first');
  });

  it('nothing at all is refused', async () => {
    expect((await failure(new Uint8Array(0))).message).toContain('neither FLAC nor MP3');
  });

  it('a name that says something else is a warning', async () => {
    expect((await decodeCompressed(manyFrames, 'x/b.c/a.mp3')).warnings).toEqual([
      'it is FLAC by its bytes, not .mp3',
    ]);
    expect((await decodeCompressed(bytesOf(mp3[0]!), 'a')).warnings).toEqual([
      'it is MP3 by its bytes, not its name',
    ]);
  });

  it('knows the forms of MP3 frames', () => {
    const header = (text: string) => headerAt(Buffer.from(text, 'latin1'), 0);
    expect(header('\xff\xfb\x90\x00')).toMatchObject({
      sampleRate: 44100,
      channels: 2,
      samples: 1152,
      length: 417,
    });
    expect(header('\xff\xfb\x92\xc0')).toMatchObject({ channels: 1, length: 418 });
    expect(header('\xff\xf3\x40\xc0')).toMatchObject({ sampleRate: 22050, samples: 576, length: 104 });
    expect(header('\xff\xe3\x48\xc4')).toMatchObject({ sampleRate: 8000, samples: 576, length: 288 });
    for (const bad of [
      '\xff\xeb\x90\x00',
      '\xff\xfb\xf0\x00',
      '\xff\xfb\x9c\x00',
      '\xff\xfb\x90\x02',
      '\xff\xf9\x90\x00',
    ])
      expect(header(bad), bad).toBeNull();
  });
});

describe('without the packages', () => {
  it.each([
    ['@wasm-audio-decoders/flac', manyFrames, 'a.flac'],
    ['mpg123-decoder', bytesOf(mp3[0]!), 'a.mp3'],
  ])('says how to install %s', async (name, bytes, file) => {
    vi.doMock(name, () => {
      throw Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' });
    });
    try {
      const error = await failure(bytes, file);
      expect(error).toMatchObject({ code: 'audio/decoder-missing', exitCode: 3 });
      expect(error.message).toContain(`npm install ${name}`);
    } finally {
      vi.doUnmock(name);
    }
  });
});

describe('mutated files', () => {
  const seeds = [
    writeFlac([sound(300), sound(300, 3)], { block: 64 }),
    ...goldens.filter((_, i) => i % 3 === 0).map(bytesOf),
  ];
  const mutation = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    what: fc.constantFrom('change', 'cut', 'insert', 'zero'),
    value: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  });

  it('are read or refused, and nothing else', async () => {
    const error = vi.spyOn(console, 'error');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(mutation, { minLength: 1, maxLength: 5 }),
        async (seed, mutations) => {
          let bytes = Buffer.from(seed);
          for (const { at, what, value } of mutations) {
            const place = Math.floor(at * bytes.length);
            if (what === 'change') bytes.set(value.subarray(0, bytes.length - place), place);
            else if (what === 'zero') bytes.fill(0, place, Math.min(bytes.length, place + 16 * value.length));
            else if (what === 'insert')
              bytes = Buffer.concat([bytes.subarray(0, place), value, bytes.subarray(place)]);
            else bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + value.length * 8)]);
          }
          try {
            const { channels, sampleRate } = await decodeCompressed(bytes, 'a.mp3');
            expect(channels.length).toBeGreaterThan(0);
            expect(channels[0]!.length).toBeGreaterThan(0);
            expect(sampleRate).toBeGreaterThan(0);
          } catch (reason) {
            if (!(reason instanceof EngineError)) throw reason;
            expect(reason.code).toMatch(/^audio\//);
          }
        },
      ),
      { numRuns: 400, seed: 7 },
    );
    expect(error).not.toHaveBeenCalled();
    error.mockRestore();
  });
});
