/** The outside of an MP3 file (ISO/IEC 11172-3 and 13818-3, layer III, and MPEG 2.5): where its frames are. */
import { audioError, CONVERT } from './error.ts';
import { isTag } from './tags.ts';

interface FrameHeader {
  /** Two bits: 3 is MPEG 1, 2 MPEG 2, 0 MPEG 2.5. */
  readonly version: number;
  /** Hz */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  readonly samples: number;
  /** Bytes, header included; 0: free format, whose length is written nowhere. */
  readonly length: number;
}

export interface Mp3File {
  readonly sampleRate: number;
  /** 2 where any frame has two. */
  readonly channels: 1 | 2;
  /** Beginnings and ends of frames. */
  readonly frames: readonly (readonly [start: number, end: number])[];
  readonly warnings: readonly string[];
}

const KBITS = {
  mpeg1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const RATES = [44100, 48000, 32000];

/** The header of a layer III frame at `at`, or null. */
export function headerAt(bytes: Uint8Array, at: number): FrameHeader | null {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe6) !== 0xe2) return null;
  const version = (bytes[at + 1]! >> 3) & 3;
  const [sizes, mode] = [bytes[at + 2]!, bytes[at + 3]! >> 6];
  const [rateCode, sizeCode] = [(sizes >> 2) & 3, sizes >> 4];
  if (version === 1 || rateCode === 3 || sizeCode === 15 || (bytes[at + 3]! & 3) === 2) return null;
  const sampleRate = RATES[rateCode]! / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const samples = version === 3 ? 1152 : 576;
  const kbits = (version === 3 ? KBITS.mpeg1 : KBITS.mpeg2)[sizeCode]!;
  const padding = (sizes >> 1) & 1;
  const length = kbits > 0 ? Math.floor(((samples / 8) * kbits * 1000) / sampleRate) + padding : 0;
  return { version, sampleRate, channels: mode === 3 ? 1 : 2, samples, length };
}

/**
 * Finds the frames of an MP3 file. What lies between them is skipped, and a last one that is not whole.
 * @param start behind an ID3v2 tag
 * @throws DataError `audio/empty`, `audio/damaged`, `audio/unsupported`
 */
export function readMp3(bytes: Uint8Array, start: number, path: string): Mp3File {
  const first = firstFrame(bytes, start, path);
  const stream = headerAt(bytes, first)!;
  const frames: [number, number][] = [];
  const warnings: string[] = [];
  let [channels, skipped, gaps] = [stream.channels, 0, 0];
  if (first > start)
    warnings.push(`${first - start} bytes before the first frame are skipped (at byte ${start})`);
  let at = first;
  while (at < bytes.length) {
    const header = frameOf(stream, bytes, at);
    if (header && at + header.length <= bytes.length) {
      frames.push([at, at + header.length]);
      at += header.length;
      if (header.channels === 2) channels = 2;
      continue;
    }
    if (header) warnings.push(`the last frame is cut short after ${bytes.length - at} bytes (at byte ${at})`);
    const next = header ? bytes.length : nextFrame(stream, bytes, at + 1);
    const tag = next === bytes.length && isTag(bytes, at);
    if (!header && !tag) [skipped, gaps] = [skipped + next - at, gaps + 1];
    at = next;
  }
  if (frames.length === 0) throw audioError('truncated', path, first, 'it ends within its first MP3 frame');
  const lost = skipped + first - start;
  if (2 * lost > bytes.length - start) {
    const what = `${lost} of ${bytes.length - start} bytes belong to no MP3 frame of ${stream.sampleRate} Hz`;
    throw audioError('damaged', path, frames.at(-1)![1], what, 'Copy it again, or convert it to WAV');
  }
  if (skipped > 0)
    warnings.push(
      `${skipped} bytes that belong to no frame are skipped, in ${gaps} place${gaps > 1 ? 's' : ''}`,
    );
  const written = writtenFrames(bytes, first, stream);
  if (written !== null && written > frames.length - 1)
    warnings.push(`${frames.length - 1} of ${written} frames are there`);
  return { sampleRate: stream.sampleRate, channels, frames, warnings };
}

/** A header that can belong to the stream. */
function frameOf(stream: FrameHeader, bytes: Uint8Array, at: number): FrameHeader | null {
  const header = headerAt(bytes, at);
  const fits = header?.version === stream.version && header.sampleRate === stream.sampleRate;
  return fits && header.length > 0 ? header : null;
}

/** Where frames go on. */
function nextFrame(stream: FrameHeader, bytes: Uint8Array, from: number): number {
  for (let at = from; at + 4 <= bytes.length; at++) {
    if (bytes[at] === 0xff && isFollowed(stream, bytes, at)) return at;
  }
  return bytes.length;
}

/** Whether a frame of the stream is here and another follows, or the end: what only looks like one has nothing behind it. */
function isFollowed(stream: FrameHeader, bytes: Uint8Array, at: number): boolean {
  const header = frameOf(stream, bytes, at);
  if (!header) return false;
  const end = at + header.length;
  return (
    end === bytes.length ||
    (end < bytes.length && (frameOf(stream, bytes, end) !== null || isTag(bytes, end)))
  );
}

function firstFrame(bytes: Uint8Array, start: number, path: string): number {
  for (let at = start; at + 4 <= bytes.length; at++) {
    const header = bytes[at] === 0xff ? headerAt(bytes, at) : null;
    if (header && isFollowed(header, bytes, at)) return at;
  }
  // The very first may be all there is.
  const header = headerAt(bytes, start);
  if (header && header.length > 0) return start;
  if (header) throw audioError('unsupported', path, start, 'it is an MP3 of free format', CONVERT);
  throw audioError('empty', path, start, `no MP3 frame is found in ${bytes.length - start} bytes`, CONVERT);
}

/** How many frames of sound the first one says there are (Xing's header, behind the side information), or null. */
function writtenFrames(bytes: Uint8Array, first: number, { version, channels }: FrameHeader): number | null {
  const side = version === 3 ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17;
  const at = first + 4 + side;
  const text = String.fromCharCode(...bytes.subarray(at, at + 4));
  if ((text !== 'Xing' && text !== 'Info') || at + 12 > bytes.length || (bytes[at + 7]! & 1) === 0)
    return null;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 8);
}
