/** Files with sound, whatever their format: opened, hashed, and their samples in blocks. */
import { WavStream } from '../dsp/index.ts';
import { FileSource } from './sound-source.ts';

/** A file with sound. Nothing but its bytes is known of it until it is opened. */
export interface SoundFile {
  readonly path: string;
  /** SHA-256 of its bytes. @throws DataError `file/…` */
  hash(): string;
  /** @throws DataError of its format, such as `wav/…` */
  open(): Promise<SoundStream>;
  /** @throws DataError `file/changed` */
  checkUnchanged(): void;
  close(): void;
}

export interface SoundStream {
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples of each channel. */
  readonly frames: number;
  /** How samples are stored, such as `pcm 16` or `mulaw 8`; absent where that is not known. */
  readonly encoding?: string;
  /** What is odd about the file; complete once all blocks were read. */
  readonly warnings: readonly string[];
  /** All samples, once: one array a channel, theirs until the next block. */
  blocks(): AsyncIterable<Float32Array[]>;
}

/**
 * A file with sound, to be closed by the caller.
 * @throws DataError `file/…`
 */
export function openSound(path: string): SoundFile {
  const source = new FileSource(path);
  return {
    path,
    hash: () => source.hash(),
    open: () => openWav(source),
    checkUnchanged: () => source.checkUnchanged(),
    close: () => source.close(),
  };
}

async function openWav(source: FileSource): Promise<SoundStream> {
  const stream = await WavStream.open(source, { name: source.path });
  const { sampleRate, channels, frames, encoding, bitsPerSample, warnings } = stream.info;
  const stored = `${encoding} ${bitsPerSample}`;
  return { sampleRate, channels, frames, encoding: stored, warnings, blocks: () => stream.blocks() };
}
