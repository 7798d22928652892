/** Files with sound, whatever their format: opened, hashed, and their samples in blocks. */
import { WavStream } from '../dsp/index.ts';
import { FileSource } from './sound-source.ts';

/** A file with sound. Nothing but its bytes is known of it until it is opened. */
export interface SoundFile {
  readonly path: string;
  /** SHA-256 of its bytes. @throws DataError `file/…` */
  hash(): string;
  /**
   * What it is unless WAV, such as `FLAC`, told by its bytes before its name; null for WAV and for what is not known.
   * Absent for samples in memory.
   */
  compression?(): Promise<string | null>;
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
  /** Whether the samples follow from the file alone. Those of MP3 also depend on the version of its decoder. */
  readonly exact: boolean;
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
    compression: () => compressedKind(source),
    hash: () => source.hash(),
    open: () => openStream(source),
    checkUnchanged: () => source.checkUnchanged(),
    close: () => source.close(),
  };
}

const WAV_BEGINNINGS = /^(RIFF|RIFX|RF64|BW64)/;
/** Enough to tell what a file is. */
const BEGINNING = 64;

async function openStream(source: FileSource): Promise<SoundStream> {
  const kind = await compressedKind(source);
  if (kind === null) return openWav(source);
  const { openCompressed } = await import('./compressed.ts');
  const stream = await openCompressed(source.read(0, source.size), source.path);
  const { sampleRate, channels, frames, warnings } = stream;
  const exact = kind === 'FLAC';
  return {
    sampleRate,
    channels,
    frames,
    encoding: kind.toLowerCase(),
    warnings,
    exact,
    blocks: () => stream.blocks(),
  };
}

/**
 * What a file is by its bytes, or by its name where they do not say; null for WAV and for what is not known. Kinds that
 * cannot be decoded are named, too: who opens them refuses them by that name.
 */
async function compressedKind(source: FileSource): Promise<string | null> {
  const bytes = source.read(0, BEGINNING);
  if (WAV_BEGINNINGS.test(String.fromCharCode(...bytes.subarray(0, 4)))) return null;
  const { soundKind } = await import('./compressed/kind.ts');
  return soundKind(bytes) ?? (/\.(flac|mp3)$/i.test(source.path) ? 'MP3' : null);
}

async function openWav(source: FileSource): Promise<SoundStream> {
  const stream = await WavStream.open(source, { name: source.path });
  const { sampleRate, channels, frames, encoding, bitsPerSample, warnings } = stream.info;
  const stored = `${encoding} ${bitsPerSample}`;
  return {
    sampleRate,
    channels,
    frames,
    encoding: stored,
    warnings,
    exact: true,
    blocks: () => stream.blocks(),
  };
}

/** What is odd about the name of a file, which is no warning about its content; null for nothing. */
export async function nameWarning(file: SoundFile): Promise<string | null> {
  const kind = (await file.compression?.()) ?? null;
  if (kind === null) return null;
  const { misnamed } = await import('./compressed/kind.ts');
  return misnamed(kind, file.path);
}
