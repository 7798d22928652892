/**
 * FLAC and MP3, decoded by two WebAssembly packages that are installed only where they are wanted: this is the one
 * file that names them. What is around the sound (frames, checksums, tags) is read by our own code, so that decoders
 * are given nothing but whole frames, and what is damaged has a name and a place. See docs/decisions/0021.
 */
import { DataError } from '../base/errors.ts';
import { audioError, CONVERT } from './compressed/error.ts';
import { flacStream } from './compressed/flac-stream.ts';
import { endingOf, misnamed, soundKind } from './compressed/kind.ts';
import { mp3Stream } from './compressed/mp3-stream.ts';
import type { CompressedStream } from './compressed/stream.ts';
import { tagLength } from './compressed/tags.ts';
import { printable } from './recording.ts';

export type { CompressedStream } from './compressed/stream.ts';

export interface CompressedSound {
  /** Hz */
  readonly sampleRate: number;
  /** FLAC: the exact integers over 2^(bits−1). MP3: as decoded, mono as one channel; may go a little beyond ±1. */
  readonly channels: Float32Array[];
  /** What is odd about the file but did not prevent reading it. */
  readonly warnings: string[];
}

/**
 * Decodes a FLAC or MP3 file into memory; `openCompressed` says how.
 * @throws DataError as `openCompressed`
 */
export async function decodeCompressed(bytes: Uint8Array, path: string): Promise<CompressedSound> {
  const stream = await openCompressed(bytes, path);
  const blocks: Float32Array[][] = [];
  let length = 0;
  for await (const block of stream.blocks()) {
    blocks.push(block);
    length += block[0]!.length;
  }
  const channels = Array.from({ length: stream.channels }, (_, c) => {
    const all = new Float32Array(length);
    let at = 0;
    for (const block of blocks) {
      all.set(block[c]!, at);
      at += block[c]!.length;
    }
    return all;
  });
  return { sampleRate: stream.sampleRate, channels, warnings: stream.warnings };
}

/**
 * Opens a FLAC or MP3 file that is in memory. FLAC is exact, and compared with every checksum that it has; one that is
 * damaged or not whole is refused, at the latest by the last block. MP3 has no checksums: what belongs to no frame is
 * skipped with a warning; encoder delay and padding are cut off where the first frame gives them. Memory grows with
 * what was decoded, and not with what a file says of itself.
 * @param path for messages; its ending is compared with the kind, which the bytes tell
 * @throws DataError `audio/decoder-missing`, `audio/unsupported`, `audio/truncated`, `audio/damaged`, `audio/empty`,
 *   `audio/too-long`; each names the file
 */
export async function openCompressed(bytes: Uint8Array, path: string): Promise<CompressedStream> {
  const start = tagLength(bytes);
  // Before the first frame of an MP3 there may be anything.
  const kind = soundKind(bytes) ?? (endingOf(path) === '.mp3' ? 'MP3' : null);
  let stream: CompressedStream;
  if (kind === 'FLAC') {
    const { FLACDecoder } = await load(
      path,
      '@wasm-audio-decoders/flac',
      () => import('@wasm-audio-decoders/flac'),
    );
    stream = flacStream(bytes, start, path, () => new FLACDecoder());
  } else if (kind === 'MP3') {
    const { MPEGDecoder } = await load(path, 'mpg123-decoder', () => import('mpg123-decoder'));
    stream = await mp3Stream(bytes, start, path, () => new MPEGDecoder());
  } else {
    const what = kind === null ? 'it is neither FLAC nor MP3' : `it is ${kind}, which is not read here`;
    throw audioError('unsupported', path, 0, what, CONVERT);
  }
  const odd = misnamed(kind, path);
  if (odd !== null) stream.warnings.unshift(odd);
  return stream;
}

/** @throws DataError `audio/decoder-missing` */
async function load<T>(path: string, name: string, imported: () => Promise<T>): Promise<T> {
  try {
    return await imported();
  } catch (cause) {
    const what = printable(`${path} cannot be decoded without the package ${name}`);
    const hint = `Install it with: npm install ${name}; or convert the file to WAV`;
    throw new DataError('audio/decoder-missing', what, hint, { cause });
  }
}
