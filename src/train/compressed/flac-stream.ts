/** The sound of a FLAC file in blocks, exact, and compared with the checksum of the whole at the end. */
import { createHash } from 'node:crypto';
import { free, MOST_VALUES, quietly } from './decoder.ts';
import { audioError, CONVERT } from './error.ts';
import { type Frame, frameBytes, readFlac, type StreamInfo } from './flac.ts';
import type { CompressedStream } from './stream.ts';

export interface FlacDecoder {
  readonly ready: Promise<void>;
  decodeFrames(frames: Uint8Array[]): Promise<{ channelData: Float32Array[] }>;
  free(): void;
}

/** Samples of a channel that are decoded at a time. */
const BLOCK = 65536;

/**
 * @param start where `fLaC` is
 * @throws DataError `audio/…`: here for all that can be told before decoding, from `blocks` for what cannot
 */
export function flacStream(
  bytes: Uint8Array,
  start: number,
  path: string,
  makeDecoder: () => FlacDecoder,
): CompressedStream {
  const file = readFlac(bytes, start, path);
  const { channels, sampleRate, bits, md5 } = file.info;
  // The package scales by other numbers than these wrongly.
  if (bits !== 8 && bits !== 16 && bits !== 24) {
    const what = `it is FLAC of ${bits} bits a sample, and 8, 16 and 24 are read`;
    throw audioError('unsupported', path, start + 20, what, CONVERT);
  }
  if (channels * file.samples > MOST_VALUES) {
    const what = `it holds ${file.samples} samples in ${channels} channels, and at most ${MOST_VALUES} in all are decoded`;
    throw audioError('too-long', path, start, what, `${CONVERT}, or cut it`);
  }

  async function* blocks(): AsyncGenerator<Float32Array[]> {
    const integers = new Integers(bits as 8 | 16 | 24);
    const decoder = makeDecoder();
    await decoder.ready;
    for (const frames of blocksOf(file.frames)) {
      const block = await decodeFrames(decoder, bytes, frames, file.info);
      if (!block || !integers.take(block)) {
        // The decoder's memory is not in order now: it is left to the garbage collector as it is.
        const what = 'FLAC frames from here on have the right checksum and cannot be decoded';
        throw audioError('damaged', path, frames[0]!.offset, what, CONVERT);
      }
      yield block;
    }
    free(decoder);
    const found = integers.md5();
    if (md5 !== null && md5 !== found) {
      const what = `its sound has the MD5 ${found}, and STREAMINFO says ${md5}`;
      throw audioError('damaged', path, start + 26, what, 'Make it again from its source');
    }
  }

  const unchecked = 'it holds no MD5 of its sound: only the checksums of its frames were compared';
  const warnings = md5 === null ? [...file.warnings, unchecked] : [...file.warnings];
  return { sampleRate, channels, frames: file.samples, warnings, blocks };
}

/**
 * The samples of whole frames, or null where they are not what the frames say. One by one: a decoder that was given
 * something without any sound in it frees memory that is not its own, and must not be asked again.
 */
async function decodeFrames(
  decoder: FlacDecoder,
  bytes: Uint8Array,
  frames: readonly Frame[],
  info: StreamInfo,
): Promise<Float32Array[] | null> {
  const samples = frames.reduce((sum, frame) => sum + frame.samples, 0);
  const block = Array.from({ length: info.channels }, () => new Float32Array(samples));
  let at = 0;
  for (const frame of frames) {
    try {
      const { channelData } = await quietly(() => decoder.decodeFrames([frameBytes(bytes, frame, info)]), 0);
      if (channelData.length !== info.channels) return null;
      for (const [c, data] of channelData.entries()) {
        if (data.length !== frame.samples) return null;
        block[c]!.set(data, at);
      }
    } catch {
      return null;
    }
    at += frame.samples;
  }
  return block;
}

function* blocksOf(frames: readonly Frame[]): Generator<Frame[]> {
  let block: Frame[] = [];
  let samples = 0;
  for (const frame of frames) {
    if (samples > 0 && samples + frame.samples > BLOCK) {
      yield block;
      [block, samples] = [[], 0];
    }
    block.push(frame);
    samples += frame.samples;
  }
  yield block;
}

/** Turns what the decoder gives back into the integers it had, and those into what they are here; and their MD5. */
class Integers {
  private readonly half: number;
  private readonly width: number;
  private readonly hash = createHash('md5');

  constructor(bits: 8 | 16 | 24) {
    this.half = 2 ** (bits - 1);
    this.width = bits / 8;
  }

  /**
   * In place, from integers/(2^(bits−1) − 1) to integers/2^(bits−1). A float32 quotient is within 2⁻²⁴ of the true
   * one, relatively, so times the divisor it is nearer than ½ to the integer: rounding gives that back.
   * @returns whether all were integers of so many bits
   */
  take(channels: readonly Float32Array[]): boolean {
    const { half, width } = this;
    const bytes = new Uint8Array(channels[0]!.length * channels.length * width);
    for (const [c, data] of channels.entries()) {
      for (let i = 0; i < data.length; i++) {
        const integer = Math.round(data[i]! * (half - 1));
        if (!(integer >= -half && integer < half)) return false;
        data[i] = integer / half;
        const to = (i * channels.length + c) * width;
        for (let k = 0; k < width; k++) bytes[to + k] = integer >> (8 * k);
      }
    }
    this.hash.update(bytes);
    return true;
  }

  /** Hexadecimal. */
  md5(): string {
    return this.hash.digest('hex');
  }
}
