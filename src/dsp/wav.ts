/** Reading WAV files into float32 channels: at once here, piece by piece in `wav/stream.ts`. */
import { DataError, UsageError } from '../base/errors.ts';
import type { WavEncoding } from './wav/codec.ts';
import { inspectWav, planRuns, type ReadWavOptions } from './wav/inspect.ts';
import { driveSync } from './wav/source.ts';

export type { WavEncoding } from './wav/codec.ts';
export type { ReadWavOptions, WavInfo } from './wav/inspect.ts';
export { type ByteSource, blobSource, bytesSource } from './wav/source.ts';
export { WavStream } from './wav/stream.ts';
export { writeWav16 } from './wav/write.ts';

export interface Wav {
  /** Hz */
  sampleRate: number;
  /** One array a channel, each `frames` long, in [−1, 1) for integer codecs. */
  channels: Float32Array[];
  frames: number;
  encoding: WavEncoding;
  /** Bits of a sample that carry sound (8 for A-law and µ-law, 4 for ADPCM). */
  bitsPerSample: number;
  /** What is odd about the file but did not prevent reading it. */
  warnings: string[];
}

function allocate(channels: number, frames: number, name: string): Float32Array[] {
  try {
    return Array.from({ length: channels }, () => new Float32Array(frames));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const what = `${frames} samples in ${channels} channels do not fit into memory (at byte 0)`;
    throw new DataError('wav/memory', `${name}: ${what}`, 'Read it as a WavStream');
  }
}

/**
 * Reads a WAV file: PCM of 1 to 64 bits, float of 32 and 64 bits, A-law, µ-law, IMA and Microsoft ADPCM; RIFF, RIFX,
 * RF64 and BW64; plain and extensible headers; chunks in any order.
 * @throws DataError `wav/not-a-wav`, `wav/no-fmt`, `wav/no-data`, `wav/bad-fmt`, `wav/zero-channels`,
 *   `wav/zero-rate`, `wav/unsupported-codec`, `wav/too-many-chunks`, `wav/truncated`, `wav/no-samples`,
 *   `wav/bad-block`, `wav/memory`; each names file and offset · UsageError `wav/bad-source`
 */
export function readWav(bytes: Uint8Array, options: ReadWavOptions = {}): Wav {
  const name = options.name ?? 'WAV';
  if (!ArrayBuffer.isView(bytes) || bytes.BYTES_PER_ELEMENT !== 1)
    throw new UsageError('wav/bad-source', `readWav: ${name} must be given as a Uint8Array`);
  const inspected = driveSync(inspectWav(bytes.length, options), bytes);
  const { info, codec } = inspected;
  const { sampleRate, frames, encoding, bitsPerSample, warnings } = info;
  const channels = allocate(info.channels, frames, name);
  for (const run of planRuns(inspected)) {
    const piece = bytes.subarray(run.offset, run.offset + run.length);
    codec.decode(piece, run.frames, channels, run.first, run.offset);
  }
  return { sampleRate, channels, frames, encoding, bitsPerSample, warnings: [...warnings] };
}
