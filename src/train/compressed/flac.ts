/** The outside of a FLAC file (RFC 9639): what STREAMINFO says, and where its frames are. Sound is decoded elsewhere. */
import { CRC_16, crc8, crc16 } from './crc.ts';
import { audioError } from './error.ts';
import { isTag } from './tags.ts';

export interface StreamInfo {
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
  /** Of a sample. */
  readonly bits: number;
  /** Samples of a channel; 0: not known when the file was begun. */
  readonly total: number;
  /** Of the interleaved samples as little-endian integers of whole bytes; null: not known. Hexadecimal. */
  readonly md5: string | null;
}

export interface Frame {
  readonly offset: number;
  readonly length: number;
  /** Of each channel. */
  readonly samples: number;
}

export interface FlacFile {
  readonly info: StreamInfo;
  readonly frames: readonly Frame[];
  /** Samples of all frames. */
  readonly samples: number;
  readonly warnings: readonly string[];
}

const STREAMINFO_BYTES = 34;

/**
 * Finds the frames of a FLAC file. Each has the right checksum, and none is missing between two.
 * @param start where `fLaC` is
 * @throws DataError `audio/truncated`, `audio/damaged`, `audio/empty`
 */
export function readFlac(bytes: Uint8Array, start: number, path: string): FlacFile {
  const { info, first } = readMetadata(bytes, start, path);
  if (first === bytes.length) throw audioError('empty', path, first, 'it is a FLAC file without any sound');
  const { frames, end } = findFrames(bytes, first, info, path);
  let samples = 0;
  for (const frame of frames) samples += frame.samples;
  const ignored = bytes.length - end;
  // Where neither length nor checksum of the whole is known, sound behind a damaged place would go unnoticed.
  if (ignored > 0 && info.total === 0 && info.md5 === null && !isTag(bytes, end))
    throw audioError(
      'damaged',
      path,
      end,
      `no frame begins behind ${samples} samples that are whole`,
      'Copy it again',
    );
  const warnings = ignored > 0 ? [`${ignored} bytes behind the sound are ignored (at byte ${end})`] : [];
  if (info.total > 0 && samples !== info.total) {
    const what = `it holds ${samples} of ${info.total} samples, in ${frames.length} frames that are whole`;
    throw audioError(samples < info.total ? 'truncated' : 'damaged', path, end, what, 'Copy it again');
  }
  return { info, frames, samples, warnings };
}

function readMetadata(bytes: Uint8Array, start: number, path: string) {
  let at = start + 4;
  let info: StreamInfo | null = null;
  for (let last = false; !last; ) {
    const length =
      at + 4 <= bytes.length ? (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]! : 0;
    if (at + 4 + length > bytes.length)
      throw audioError('truncated', path, at, `it ends within its metadata, after ${bytes.length} bytes`);
    last = bytes[at]! >= 128;
    const type = bytes[at]! & 127;
    if (!info && (type !== 0 || length !== STREAMINFO_BYTES))
      throw audioError('damaged', path, at, 'a FLAC file begins with STREAMINFO, and this one does not');
    info ??= streamInfo(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (info!.sampleRate === 0)
    throw audioError('damaged', path, start + 18, 'STREAMINFO gives a sample rate of 0 Hz');
  return { info: info!, first: at };
}

function streamInfo(block: Uint8Array): StreamInfo {
  const [a, b, c, d] = block.subarray(10, 14) as unknown as [number, number, number, number];
  const digest = block.subarray(18);
  return {
    sampleRate: (a << 12) | (b << 4) | (c >> 4),
    channels: ((c >> 1) & 7) + 1,
    bits: (((c & 1) << 4) | (d >> 4)) + 1,
    total: (d & 15) * 2 ** 32 + new DataView(block.buffer, block.byteOffset).getUint32(14),
    md5: digest.some((byte) => byte !== 0) ? Buffer.from(digest).toString('hex') : null,
  };
}

interface FrameHeader {
  readonly samples: number;
  /** Frames or samples before it, as the file counts them. */
  readonly number: number;
  /** What the number of the next frame is. */
  readonly next: number;
}

/**
 * A frame ends where the checksum of its bytes is right and the next one begins: the length is written nowhere. One
 * pass over the bytes.
 */
function findFrames(bytes: Uint8Array, first: number, info: StreamInfo, path: string) {
  const frames: Frame[] = [];
  let header = frameHeader(bytes, first, info);
  if (!header) throw audioError('damaged', path, first, 'no FLAC frame begins behind the metadata');
  let offset = first;
  let crc = 0;
  /** Where the checksum was right last: the end of the last frame, with or without something behind it. */
  let closed = -1;
  for (let at = first; at <= bytes.length; at++) {
    const next = at < bytes.length && at > offset && bytes[at] === 0xff ? frameHeader(bytes, at, info) : null;
    if (crc === 0 && at > offset + 5 && (next || at === bytes.length)) {
      frames.push({ offset, length: at - offset, samples: header.samples });
      if (!next) return { frames, end: at };
      if (next.number !== header.next) {
        const what = `frame ${frames.length} is missing: it has number ${next.number}, expected ${header.next}`;
        throw audioError('damaged', path, at, what, 'Copy it again');
      }
      [header, offset, closed] = [next, at, -1];
    } else if (next && next.number === header.next) {
      throw damagedFrame(path, offset, frames);
    } else if (crc === 0 && at > offset + 5) {
      closed = at;
    }
    if (at < bytes.length) crc = ((crc << 8) & 0xffff) ^ CRC_16[(crc >> 8) ^ bytes[at]!]!;
  }
  if (closed < 0) throw unfinished(path, offset, frames, info);
  frames.push({ offset, length: closed - offset, samples: header.samples });
  return { frames, end: closed };
}

function wholeSamples(frames: readonly Frame[]): number {
  return frames.reduce((sum, { samples }) => sum + samples, 0);
}

function damagedFrame(path: string, offset: number, frames: readonly Frame[]) {
  const what = `the checksum of frame ${frames.length} is wrong; ${wholeSamples(frames)} samples before it are whole`;
  return audioError('damaged', path, offset, what, 'Copy it again');
}

function unfinished(path: string, offset: number, frames: readonly Frame[], { total }: StreamInfo) {
  const of = total > 0 ? ` of ${total}` : '';
  const what = `it ends within frame ${frames.length}, or that is damaged; ${wholeSamples(frames)}${of} samples before it are whole`;
  return audioError('truncated', path, offset, what, 'Copy it again');
}

/**
 * The bytes of a frame that can be decoded without STREAMINFO: where the header says "as there" for rate or bits, it
 * is written anew, with the checksums that it then has. (What the rate is does not change how it is decoded.)
 */
export function frameBytes(bytes: Uint8Array, { offset, length }: Frame, { bits }: StreamInfo): Uint8Array {
  const frame = bytes.subarray(offset, offset + length);
  const implicit = (frame[2]! & 15) === 0 || (frame[3]! & 14) === 0;
  if (!implicit) return frame;
  const own = frame.slice();
  if ((own[2]! & 15) === 0) own[2]! |= RATES.indexOf(44100);
  if ((own[3]! & 14) === 0) own[3]! |= BITS.indexOf(bits) << 1;
  const end = 4 + codedNumber(own, 4)!.length + extraBytes(own[2]!);
  own[end] = crc8(own, 0, end);
  const crc = crc16(own, 0, length - 2);
  own.set([crc >> 8, crc & 255], length - 2);
  return own;
}

/** How many bytes of block size and rate stand behind the number of a frame. */
function extraBytes(sizes: number): number {
  const [size, rate] = [sizes >> 4, sizes & 15];
  return (size === 6 ? 1 : size === 7 ? 2 : 0) + (rate === 12 ? 1 : rate > 12 ? 2 : 0);
}

const RATES = [0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000];
const BITS = [0, 8, 12, -1, 16, 20, 24, 32];

/** The header of a frame of this stream at `at`, or null. */
function frameHeader(bytes: Uint8Array, at: number, info: StreamInfo): FrameHeader | null {
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xfe) !== 0xf8) return null;
  const [sizes, shape] = [bytes[at + 2]!, bytes[at + 3]!];
  const [sizeCode, rateCode] = [sizes >> 4, sizes & 15];
  const [channelCode, bits] = [shape >> 4, BITS[(shape >> 1) & 7]!];
  if (sizeCode === 0 || rateCode === 15 || channelCode > 10 || (shape & 1) !== 0) return null;
  if ((channelCode < 8 ? channelCode + 1 : 2) !== info.channels || (bits || info.bits) !== info.bits)
    return null;
  const counted = codedNumber(bytes, at + 4);
  if (!counted) return null;
  let end = at + 4 + counted.length;
  let samples = sizeCode === 1 ? 192 : sizeCode < 6 ? 144 << sizeCode : 1 << sizeCode;
  if (sizeCode === 6) samples = bytes[end++]! + 1;
  if (sizeCode === 7) {
    samples = ((bytes[end]! << 8) | bytes[end + 1]!) + 1;
    end += 2;
  }
  let rate = RATES[rateCode] || info.sampleRate;
  if (rateCode === 12) rate = 1000 * bytes[end++]!;
  if (rateCode > 12) {
    rate = ((bytes[end]! << 8) | bytes[end + 1]!) * (rateCode === 14 ? 10 : 1);
    end += 2;
  }
  if (end >= bytes.length || rate !== info.sampleRate || crc8(bytes, at, end) !== bytes[end]) return null;
  const { number } = counted;
  // With blocks of different sizes, samples are counted instead of frames.
  return { samples, number, next: number + ((bytes[at + 1]! & 1) === 1 ? samples : 1) };
}

/** An integer of up to 36 bits in the manner of UTF-8. */
function codedNumber(bytes: Uint8Array, at: number): { number: number; length: number } | null {
  const first = bytes[at]!;
  if (first < 0x80) return { number: first, length: 1 };
  const length = Math.clz32(~(first << 24));
  if (length < 2 || length > 7) return null;
  let number = first & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i]!;
    if ((byte & 0xc0) !== 0x80) return null;
    number = number * 64 + (byte & 0x3f);
  }
  return { number, length };
}
