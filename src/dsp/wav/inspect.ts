/** From a header to what there is to decode, and in which pieces. */
import { readLayout, type WavLayout } from './chunks.ts';
import { type Codec, chooseCodec, type WavEncoding } from './codec.ts';
import { wavError } from './error.ts';
import { Look, type ReadRequest, type Reads } from './source.ts';

export interface ReadWavOptions {
  /** What errors call the file; default `WAV`. */
  name?: string;
  /** A file that ends before its data chunk does: an error (default), or what is there with a warning. */
  truncated?: 'error' | 'accept';
}

/** What a WAV file holds. */
export interface WavInfo {
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel. */
  readonly frames: number;
  readonly encoding: WavEncoding;
  /** Bits of a sample that carry sound (8 for A-law and µ-law, 4 for ADPCM). */
  readonly bitsPerSample: number;
  /** What is odd about the file but did not prevent reading it. */
  readonly warnings: readonly string[];
  /** Byte offset of the first sample. */
  readonly dataOffset: number;
  /** Bytes of sound that are there. */
  readonly dataBytes: number;
}

/** A file that can be decoded. */
export interface Inspected {
  info: WavInfo;
  codec: Codec;
}

/** Bytes that are decoded at once, together `frames` frames, of which `first` is the first. */
export interface Run extends ReadRequest {
  first: number;
  frames: number;
}

export const BLOCK_FRAMES = 65_536;
const RUN_BYTES = 1 << 20;

/**
 * Of ADPCM, `fact` says how much of the last block is sound. A count that does not end in the last block is no such
 * thing; one divided by the channels is what libsndfile writes for IMA ADPCM.
 */
function framesByFact(layout: WavLayout, { unitBytes, unitFrames }: Codec, frames: number): number {
  const { factFrames: fact, dataBytes, claimedBytes, format, warnings } = layout;
  if (unitFrames === 1 || !fact || fact === frames || Number.isNaN(claimedBytes)) return frames;
  const before = (Math.ceil(dataBytes / unitBytes) - 1) * unitFrames;
  const divided = format.channels > 1 && fact === Math.floor(frames / format.channels);
  if (fact > before && fact < frames && !divided) return fact;
  // less is there than was written: the end is judged by its data chunk
  if (fact > frames && claimedBytes > dataBytes) return frames;
  warnings.push(`its fact chunk claims ${fact} samples per channel, its blocks hold ${frames}`);
  return frames;
}

/**
 * Reads the header, and whatever else it takes to know how many frames there are.
 * @throws DataError as `readWav`, but for damaged blocks
 */
export function* inspectWav(size: number, options: ReadWavOptions): Reads<Inspected> {
  const name = options.name ?? 'WAV';
  const look = new Look(size);
  const layout = yield* readLayout(look, name);
  const { format, dataOffset, dataBytes, claimedBytes, warnings } = layout;
  const codec = yield* chooseCodec(look, layout, name);
  const framesOf = (bytes: number) => {
    const units = Math.floor(bytes / codec.unitBytes);
    return units * codec.unitFrames + codec.framesIn(bytes - units * codec.unitBytes);
  };
  const held = framesOf(dataBytes);
  if (claimedBytes > dataBytes) {
    const claimed = framesOf(claimedBytes);
    const what = `truncated: it claims ${claimed} samples per channel, ${held} are there`;
    if (claimed > held && options.truncated !== 'accept')
      throw wavError('truncated', name, size, what, 'Copy the file again');
    warnings.push(
      claimed > held ? what : `its data chunk claims ${claimedBytes} bytes, ${dataBytes} are there`,
    );
  }
  if (held === 0) throw wavError('no-samples', name, dataOffset, 'it holds no samples');
  const rest = dataBytes % codec.unitBytes;
  if (rest > 0 && codec.framesIn(rest) === 0)
    warnings.push(`${rest} bytes after the last whole frame are ignored`);
  const info = {
    sampleRate: format.sampleRate,
    channels: format.channels,
    frames: framesByFact(layout, codec, held),
    encoding: codec.encoding,
    bitsPerSample: codec.bits,
    warnings,
    dataOffset,
    dataBytes,
  };
  return { info, codec };
}

/** Cuts the sound into runs of at most 65,536 frames and 1 MiB, or of one unit if that is more. */
export function* planRuns({ info, codec }: Inspected): Generator<Run> {
  const { unitBytes, unitFrames } = codec;
  const units = Math.max(1, Math.floor(Math.min(BLOCK_FRAMES / unitFrames, RUN_BYTES / unitBytes)));
  const end = info.dataOffset + info.dataBytes;
  for (let first = 0, offset = info.dataOffset; first < info.frames; ) {
    const frames = Math.min(units * unitFrames, info.frames - first);
    const length = Math.min(units * unitBytes, end - offset);
    yield { first, frames, offset, length };
    first += frames;
    offset += length;
  }
}
