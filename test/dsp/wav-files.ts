/** Builders of WAV files, byte by byte, and what tests of their reader compare. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { type ByteSource, type ReadWavOptions, readWav, WavStream } from '../../src/dsp/wav.ts';

/** A chunk; `size` is what it claims. Odd bodies get their pad byte. */
export function chunk(id: string, body: number[], little = true, size = body.length): number[] {
  const pad = body.length % 2 ? [0] : [];
  return [...letters(id), ...uint(size, 4, little), ...body, ...pad];
}

export const letters = (text: string) => [...text].map((c) => c.charCodeAt(0));

export function uint(value: number, bytes: number, little = true): number[] {
  const out: number[] = [];
  for (let i = 0; i < bytes; i++, value = Math.floor(value / 256)) out.push(((value % 256) + 256) % 256);
  return little ? out : out.reverse();
}

export interface Fmt {
  tag?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  align?: number;
  byteRate?: number;
  extra?: number[];
}

export function fmt(options: Fmt = {}, little = true): number[] {
  const { tag = 1, channels = 1, rate = 2000, bits = 16, extra = [] } = options;
  const align = options.align ?? Math.ceil(bits / 8) * channels;
  const u = (v: number, n: number) => uint(v, n, little);
  return chunk(
    'fmt ',
    [
      ...u(tag, 2),
      ...u(channels, 2),
      ...u(rate, 4),
      ...u(options.byteRate ?? rate * align, 4),
      ...u(align, 2),
      ...u(bits, 2),
      ...extra,
    ],
    little,
  );
}

/** The 24 bytes that make a `fmt ` chunk extensible. */
export function extensible(sub: number, valid: number, little = true): number[] {
  const tail = [...(little ? [0x10, 0] : [0, 0x10]), 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
  const head = [...uint(sub, 4, little), 0, 0];
  return [...uint(22, 2, little), ...uint(valid, 2, little), ...uint(0, 4), ...head, ...tail];
}

export function file(chunks: number[][], magic = 'RIFF', size?: number): Uint8Array {
  const body = [...letters('WAVE'), ...chunks.flat()];
  return Uint8Array.from([...letters(magic), ...uint(size ?? body.length, 4, magic !== 'RIFX'), ...body]);
}

export const data = (bytes: number[], little = true, size = bytes.length) =>
  chunk('data', bytes, little, size);

export const pcm16 = (values: number[], little = true) => values.flatMap((v) => uint(v, 2, little));

export const ramp = pcm16([0, 16384, -32768, 32767]);
export const rampValues = [0, 0.5, -1, 32767 / 32768];

export function float(values: number[], bits: 32 | 64, little: boolean): number[] {
  const view = new DataView(new ArrayBuffer((values.length * bits) / 8));
  values.forEach((v, i) => {
    if (bits === 32) view.setFloat32(i * 4, v, little);
    else view.setFloat64(i * 8, v, little);
  });
  return [...new Uint8Array(view.buffer)];
}

/** Channels as one array of frames. */
export function interleaved(channels: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(channels.length * channels[0]!.length);
  channels.forEach((channel, c) => {
    for (let i = 0; i < channel.length; i++) out[i * channels.length + c] = channel[i]!;
  });
  return out;
}

/** SHA-256 of blocks of samples, interleaved: comparing arrays one by one takes long. */
export function hashOf(blocks: readonly Float32Array[][]): string {
  const hash = createHash('sha256');
  for (const block of blocks) hash.update(new Uint8Array(interleaved(block).buffer));
  return hash.digest('hex');
}

/** What came of a reading: everything a caller can see of it. */
export type Outcome =
  | { frames: number; wav: object; hash: string }
  | { code: string; message: string; offset: number };

/** Reads at once; anything but a `DataError` with a place in the file is thrown again. */
export function readAtOnce(bytes: Uint8Array, options: ReadWavOptions = {}): Outcome {
  try {
    const { channels, ...wav } = readWav(bytes, options);
    expect(channels.every((channel) => channel.length === wav.frames)).toBe(true);
    return { frames: wav.frames, wav: { ...wav, channels: channels.length }, hash: hashOf([channels]) };
  } catch (error) {
    return refusal(error, bytes.length);
  }
}

/** Reads block by block, from a source that gives at most `most` bytes a read. */
export async function readAsStream(
  bytes: Uint8Array,
  options: ReadWavOptions = {},
  most = Number.POSITIVE_INFINITY,
): Promise<Outcome> {
  const read = (offset: number, length: number) =>
    bytes.subarray(offset, Math.min(offset + length, offset + most));
  try {
    const { info, blocks } = await readAll({ size: bytes.length, read }, options);
    const { dataOffset, dataBytes, ...wav } = info;
    expect(dataOffset + dataBytes).toBeLessThanOrEqual(bytes.length);
    const frames = blocks.reduce((sum, block) => sum + block[0]!.length, 0);
    return { frames, wav, hash: hashOf(blocks) };
  } catch (error) {
    return refusal(error, bytes.length);
  }
}

export async function readAll(source: ByteSource, options: ReadWavOptions = {}) {
  const stream = await WavStream.open(source, options);
  const blocks: Float32Array[][] = [];
  for await (const block of stream.blocks()) {
    expect(block.length).toBe(stream.info.channels);
    expect(block[0]!.length).toBeGreaterThan(0);
    expect(block[0]!.length).toBeLessThanOrEqual(65_536);
    expect(block.every((channel) => channel.length === block[0]!.length)).toBe(true);
    blocks.push(block);
  }
  return { info: stream.info, blocks };
}

function refusal(error: unknown, size: number): Outcome {
  if (!(error instanceof DataError) || !error.code.startsWith('wav/')) throw error;
  const offset = Number(/\(at byte (\d+)\)/.exec(error.message)?.[1]);
  if (!(offset <= size)) throw error;
  return { code: error.code, message: error.message, offset };
}
