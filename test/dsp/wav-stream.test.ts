/** Reading piece by piece: the same samples as at once, in memory that does not depend on the length. */
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DataError, UsageError } from '../../src/base/errors.ts';
import { type ByteSource, blobSource, bytesSource, readWav, WavStream } from '../../src/dsp/wav.ts';
import { signal } from './signals.ts';
import {
  chunk,
  data,
  file,
  fmt,
  letters,
  pcm16,
  ramp,
  rampValues,
  readAll,
  readAsStream,
  readAtOnce,
  uint,
} from './wav-files.ts';

const goldens = JSON.parse(readFileSync(new URL('../golden/dsp/wav.json', import.meta.url), 'utf8'))
  .files as { name: string; file: string }[];
const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

/** A header, then `body` over and over: a file of any size out of little memory. Counts what is asked for. */
class EndlessSource implements ByteSource {
  readonly size: number;
  readonly #head: Uint8Array;
  readonly #body: Uint8Array;
  requested = 0;
  largest = 0;

  constructor(head: Uint8Array, body: Uint8Array, size: number) {
    this.size = size;
    this.#head = head;
    this.#body = body;
  }

  read(offset: number, length: number): Uint8Array {
    this.requested += length;
    this.largest = Math.max(this.largest, length);
    expect(offset + length).toBeLessThanOrEqual(this.size);
    if (offset < this.#head.length) return this.#head.subarray(offset, offset + length);
    const at = (offset - this.#head.length) % this.#body.length;
    return this.#body.subarray(at, at + length);
  }
}

/** Bytes in array buffers that are still in use. */
async function collected() {
  const { gc } = globalThis as { gc?: () => void };
  gc!();
  await setImmediate();
  gc!();
  return process.memoryUsage().arrayBuffers;
}

describe('the same as at once', () => {
  it.each([1, 7, 4096])('with reads of %d bytes, for every codec', async (most) => {
    for (const golden of goldens) {
      const bytes = fromBase64(golden.file);
      expect(await readAsStream(bytes, {}, most), golden.name).toEqual(readAtOnce(bytes));
    }
  });

  it('over the edges of blocks', async () => {
    for (const frames of [65_535, 65_536, 65_537, 131_072, 200_001]) {
      const bits = pcm16([...signal(64)].map((v) => Math.round(v * 32767)));
      const body = Array.from({ length: frames * 2 }, (_, i) => bits[i % 128]!);
      const bytes = file([fmt(), data(body)]);
      const stream = await readAsStream(bytes);
      expect(stream).toEqual(readAtOnce(bytes));
      expect(stream).toMatchObject({ frames });
      const { blocks } = await readAll(bytesSource(bytes));
      expect(blocks.map((block) => block[0]!.length).slice(0, -1)).toEqual(
        Array.from({ length: Math.ceil(frames / 65_536) - 1 }, () => 65_536),
      );
    }
  });

  it('with many channels, where a block is limited by its bytes', async () => {
    const channels = 10_000;
    const body = Array.from({ length: channels * 110 }, (_, i) => (i * 7) % 256);
    const bytes = file([fmt({ channels, bits: 8 }), data(body)]);
    expect(await readAsStream(bytes)).toEqual(readAtOnce(bytes));
    const { blocks } = await readAll(bytesSource(bytes));
    expect(blocks.map((block) => block[0]!.length)).toEqual([104, 6]);
  });

  it('of ADPCM whose blocks hold more than 65,536 frames', async () => {
    const block = [...uint(5, 2), 40, 0, ...Array.from({ length: 65_528 }, (_, i) => (i * 31) % 256)];
    const extra = [...uint(2, 2), ...uint(0, 2)];
    const bytes = file([fmt({ tag: 17, bits: 4, align: 65_532, extra }), data([...block, ...block])]);
    const whole = readAtOnce(bytes);
    expect(whole).toMatchObject({ frames: 2 * 131_057 });
    expect(await readAsStream(bytes)).toEqual(whole);
    const { blocks } = await readAll(bytesSource(bytes));
    expect(blocks.map(([channel]) => channel!.length)).toEqual([65_536, 65_521, 65_536, 65_521]);
  });

  it('of a Blob', async () => {
    for (const golden of goldens.slice(0, 10)) {
      const bytes = fromBase64(golden.file);
      const { info, blocks } = await readAll(blobSource(new Blob([bytes])));
      const wav = readWav(bytes);
      expect(info.frames).toBe(wav.frames);
      expect(blocks).toEqual([wav.channels]);
    }
  });

  it('again and again: blocks() starts anew', async () => {
    const stream = await WavStream.open(bytesSource(file([fmt(), data(ramp)])));
    for (let i = 0; i < 2; i++)
      for await (const [channel] of stream.blocks()) expect([...channel!]).toEqual(rampValues);
  });

  it('says where the sound is', async () => {
    const stream = await WavStream.open(
      bytesSource(file([chunk('LIST', [1, 2]), fmt(), data([...ramp, 9])])),
    );
    expect(stream.info).toEqual({
      sampleRate: 2000,
      channels: 1,
      frames: 4,
      encoding: 'pcm',
      bitsPerSample: 16,
      warnings: ['1 bytes after the last whole frame are ignored'],
      dataOffset: 54,
      dataBytes: 9,
    });
  });
});

describe('memory', () => {
  const body = new Uint8Array(1 << 20);
  for (let i = 0; i < body.length; i++) body[i] = (i * 2654435761) >>> 24;

  /** Reads all, and says how much memory blocks took at most, after collection. */
  async function consume(source: EndlessSource) {
    const before = await collected();
    const stream = await WavStream.open(source);
    let frames = 0;
    let count = 0;
    let held = 0;
    for await (const block of stream.blocks()) {
      frames += block[0]!.length;
      if (count++ % 50 === 0) held = Math.max(held, (await collected()) - before);
    }
    expect(frames).toBe(stream.info.frames);
    return { frames, held };
  }

  it('of two hours is that of a second', async () => {
    const rate = 4000;
    const bytes = 7200 * rate * 4;
    const head = file([fmt({ rate, channels: 2 }), data([], true, bytes)], 'RIFF', bytes + 36);
    const source = new EndlessSource(head, body, head.length + bytes);
    const { frames, held } = await consume(source);
    expect(frames).toBe(7200 * rate);
    expect(source.largest).toBeLessThanOrEqual(1 << 20);
    expect(source.requested - source.size).toBeLessThanOrEqual(3 * 4096);
    // a block of 65,536 frames of two channels is 512 KiB; all of the sound would be 230 MB
    expect(held).toBeLessThan(4 << 20);
  });

  it('of an RF64 beyond 4 GiB is that of a small one', async () => {
    const bytes = 5 * 2 ** 30;
    const ds64 = chunk('ds64', [
      ...uint(bytes + 80, 8),
      ...uint(bytes, 8),
      ...uint(bytes / 32, 8),
      ...uint(0, 4),
    ]);
    const header = [ds64, fmt({ tag: 3, bits: 32, channels: 8, rate: 48_000 })];
    const head = file([...header, data([], true, 0xffffffff)], 'RF64', 0xffffffff);
    const source = new EndlessSource(head, new Uint8Array(1 << 20), head.length + bytes);
    const stream = await WavStream.open(source);
    expect(stream.info).toMatchObject({ frames: bytes / 32, dataBytes: bytes, warnings: [] });
    expect(source.requested).toBeLessThanOrEqual(3 * 4096);
    const before = await collected();
    let frames = 0;
    for await (const block of stream.blocks()) {
      frames += block[0]!.length;
      if (frames > 2 ** 22) break;
    }
    expect(frames).toBe(2 ** 22 + 32_768);
    expect((await collected()) - before).toBeLessThan(4 << 20);
    expect(source.largest).toBeLessThanOrEqual(1 << 20);
  });

  it('finds sound that begins beyond 4 GiB', async () => {
    const junk = 0xfffffff0;
    const head = file([fmt(), [...letters('JUNK'), ...uint(junk, 4)]]);
    const tail = Uint8Array.from(data(ramp));
    const at = head.length + junk;
    const source: ByteSource = {
      size: at + tail.length,
      read(offset, length) {
        if (offset < head.length)
          return head.subarray(offset, offset + Math.min(length, head.length - offset));
        expect(offset).toBeGreaterThanOrEqual(at);
        return tail.subarray(offset - at, offset - at + length);
      },
    };
    // the first window runs into the junk, which is not there: as good as zeros
    const padded = { ...source, read: (offset: number, length: number) => fill(source, offset, length) };
    const { info, blocks } = await readAll(padded);
    expect(info.dataOffset).toBe(at + 8);
    expect([...blocks[0]![0]!]).toEqual(rampValues);

    function fill(of: ByteSource, offset: number, length: number) {
      const bytes = of.read(offset, length) as Uint8Array;
      if (offset >= head.length || bytes.length === length) return bytes;
      const whole = new Uint8Array(length);
      whole.set(bytes);
      return whole;
    }
  });

  it('takes a size that recorders leave behind for what it is where the sound is there', async () => {
    const bytes = 0x7ffff000;
    const head = file([fmt(), data([], true, bytes)]);
    const source = new EndlessSource(head, new Uint8Array(4096), head.length + bytes + 4096);
    const { info } = await WavStream.open(source);
    expect(info).toMatchObject({ dataBytes: bytes });
    expect(info.warnings).toEqual([expect.stringMatching(/^4096 bytes .* belong to no chunk/)]);
  });

  it('of a file that claims much is that of what is there', async () => {
    const bytes = file([fmt({ channels: 65_535, bits: 64, align: 65_535 * 8 - 7 * 65_536 }), data(ramp)]);
    expect(readAtOnce(bytes)).toMatchObject({ code: 'wav/bad-fmt' });
    const huge = file([fmt({ channels: 8191, bits: 64 }), data(ramp, true, 0x70000000)]);
    const before = await collected();
    expect(readAtOnce(huge, { truncated: 'accept' })).toMatchObject({ code: 'wav/no-samples' });
    expect((await collected()) - before).toBeLessThan(1 << 20);
  });
});

describe('sources that fail', () => {
  const bytes = file([fmt(), data(pcm16(Array.from({ length: 100_000 }, (_, i) => i % 1000)))]);
  const failing = (read: ByteSource['read'], size = bytes.length) =>
    readAll({ size, read }, { name: 'x.wav' });
  const good = bytesSource(bytes).read;

  it('shrink: the place is named', async () => {
    const shrunk = bytes.subarray(0, 150_000);
    const error = await failing((at, n) => shrunk.subarray(at, at + n)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ code: 'wav/changed', message: expect.stringMatching(/^x\.wav: it ended.*200044 bytes.*\(at byte 150000\)/) }); // biome-ignore format: one
    await expect(failing(() => new Uint8Array(0))).rejects.toMatchObject({ code: 'wav/changed' });
  });

  it('throw: what they say is kept, typed', async () => {
    const denied = (at: number, n: number) => {
      if (at > 1000) throw new Error('EIO: i/o error');
      return good(at, n);
    };
    await expect(failing(denied)).rejects.toMatchObject({
      code: 'wav/unreadable',
      message: expect.stringMatching(/^x\.wav: reading it failed: EIO: i\/o error \(at byte 131116\)/),
    });
    const own = new DataError('file/gone', 'x.wav is gone');
    await expect(failing(() => Promise.reject(own))).rejects.toBe(own);
  });

  it('give more than asked for: the rest is left', async () => {
    const { blocks } = await failing((at) => bytes.subarray(at));
    expect(blocks.map(([channel]) => channel!.length)).toEqual([65_536, 34_464]);
    expect(blocks[1]![0]!.at(-1)).toBe(999 / 32768);
  });

  it('are no sources: a usage error', async () => {
    for (const size of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY])
      await expect(failing(good, size)).rejects.toBeInstanceOf(UsageError);
    await expect(failing(() => [1, 2] as unknown as Uint8Array)).rejects.toBeInstanceOf(UsageError);
    expect(() => readWav(new ArrayBuffer(60) as unknown as Uint8Array)).toThrow(UsageError);
    expect(() => readWav(new Uint16Array(60) as unknown as Uint8Array)).toThrow(UsageError);
  });
});
