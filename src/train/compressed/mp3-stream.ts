/** The sound of an MP3 file. Its length is known only when all of it is decoded. */
import { free, MOST_VALUES, quietly } from './decoder.ts';
import { audioError, CONVERT } from './error.ts';
import { readMp3 } from './mp3.ts';
import type { CompressedStream } from './stream.ts';

export interface Mp3Decoder {
  readonly ready: Promise<void>;
  /** Two channels in any case. */
  decode(frame: Uint8Array): { channelData: Float32Array[]; errors: readonly unknown[] };
  free(): void;
}

/** Failures to decode a frame after which the decoder is not asked again. */
const MOST_FAILURES = 3;

/**
 * @param start behind an ID3v2 tag
 * @throws DataError `audio/…`
 */
export async function mp3Stream(
  bytes: Uint8Array,
  start: number,
  path: string,
  makeDecoder: () => Mp3Decoder,
): Promise<CompressedStream> {
  const { sampleRate, channels, frames, warnings } = readMp3(bytes, start, path);
  const pieces: Float32Array[][] = [];
  let [length, failed] = [0, 0];
  const decoder = makeDecoder();
  await decoder.ready;
  try {
    for (const [number, [from, to]] of frames.entries()) {
      try {
        const { channelData, errors } = quietly(
          () => decoder.decode(bytes.subarray(from, to)),
          MOST_FAILURES,
        );
        if (errors.length > 0) failed++;
        if (channelData[0]!.length > 0) pieces.push(channelData.slice(0, channels));
        length += channelData[0]!.length;
      } catch (cause) {
        const why = cause instanceof Error ? cause.message.replace(/\s+/g, ' ') : String(cause);
        const what = `the decoder gives up at frame ${number} of ${frames.length}: ${why}`;
        throw audioError('damaged', path, from, what, CONVERT);
      }
      if (length * channels > MOST_VALUES) {
        const what = `it holds more than ${MOST_VALUES} samples in ${channels} channels, which is as much as is decoded`;
        throw audioError('too-long', path, from, what, `${CONVERT}, or cut it`);
      }
    }
  } finally {
    free(decoder);
  }
  if (length === 0) {
    const what = `nothing in ${frames.length} MP3 frames can be decoded`;
    throw audioError('empty', path, frames[0]![0], what, CONVERT);
  }
  const undecoded = `${failed} of ${frames.length} frames could not be decoded`;
  return {
    sampleRate,
    channels,
    frames: length,
    warnings: failed > 0 ? [...warnings, undecoded] : [...warnings],
    async *blocks() {
      yield* pieces;
    },
  };
}
