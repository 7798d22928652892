/**
 * The container of a WAV file: finds the `fmt ` and `data` chunks among whatever else is there. Formats:
 * "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991), "Multiple
 * Channel Audio Data and WAVE Files" (Microsoft, 2007) for WAVE_FORMAT_EXTENSIBLE, EBU Tech 3306 for RF64.
 * RIFX is the big-endian sibling. Nothing is allocated from a size that the file claims.
 */
import { wavError } from './wav-error.ts';

/** What `fmt ` says, with the sample layout resolved. */
export interface WavFormat {
  /** WAVE_FORMAT tag; for WAVE_FORMAT_EXTENSIBLE that of its sub-format. */
  tag: number;
  channels: number;
  /** Hz */
  sampleRate: number;
  blockAlign: number;
  /** Bits of one sample that carry sound. */
  bits: number;
  /** Bytes that one sample of one channel takes. */
  bytesPerSample: number;
  /** Byte offset of the chunk's body. */
  offset: number;
}

/** Where the sound is, and how to read it. */
export interface WavLayout {
  littleEndian: boolean;
  format: WavFormat;
  /** Byte offset of the first sample. */
  dataOffset: number;
  /** Bytes of sound that are really there. */
  dataBytes: number;
  /** Bytes the file claims; larger than `dataBytes` if it was cut off; NaN where it never said. */
  claimedBytes: number;
  warnings: string[];
}

interface Chunk {
  id: string;
  /** Offset of the body. */
  start: number;
  /** Size as written, or that of `ds64` where it takes its place. */
  size: number;
  /** Whether the size comes from `ds64`. */
  long?: boolean;
}

const EXTENSIBLE = 0xfffe;
/** Last eight bytes of every sub-format GUID made from a format tag. */
const GUID_TAIL = [0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];

function fourLetters(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
}

/** Whether four printable ASCII characters stand at this place, as every chunk id is. */
function looksLikeId(bytes: Uint8Array, at: number): boolean {
  if (at + 4 > bytes.length) return false;
  for (let i = at; i < at + 4; i++) if (bytes[i]! < 0x20 || bytes[i]! > 0x7e) return false;
  return true;
}

/** Names what a file that is not a WAV seems to be, from its first bytes. */
function guessKind(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty';
  const start = bytes.length >= 4 ? fourLetters(bytes, 0) : '';
  if (start === 'fLaC') return 'this looks like FLAC';
  if (start === 'OggS') return 'this looks like Ogg';
  if (start === 'FORM') return 'this looks like AIFF';
  if (start.startsWith('ID3') || (bytes[0] === 0xff && (bytes[1]! & 0xe0) === 0xe0))
    return 'this looks like MP3';
  if (start.startsWith('PK')) return 'this looks like a ZIP archive';
  if (bytes.length >= 8 && fourLetters(bytes, 4) === 'ftyp') return 'this looks like MP4';
  if (bytes.length < 12) return `only ${bytes.length} bytes are there`;
  return 'it starts with neither RIFF, RIFX nor RF64';
}

/** Reads `fmt `: at least 16 bytes, 40 for WAVE_FORMAT_EXTENSIBLE. */
function readFormat(
  bytes: Uint8Array,
  view: DataView,
  little: boolean,
  chunk: Chunk,
  name: string,
  warnings: string[],
) {
  const at = chunk.start;
  const there = Math.min(chunk.size, bytes.length - at);
  if (there < 16)
    throw wavError('bad-fmt', name, at, `its fmt chunk has ${there} bytes, at least 16 are needed`);
  let tag = view.getUint16(at, little);
  const channels = view.getUint16(at + 2, little);
  const sampleRate = view.getUint32(at + 4, little);
  const blockAlign = view.getUint16(at + 12, little);
  const stated = view.getUint16(at + 14, little);
  let bits = stated;
  if (tag === EXTENSIBLE) {
    if (there < 40)
      throw wavError('bad-fmt', name, at, `its extensible fmt chunk has ${there} bytes instead of 40`);
    if (GUID_TAIL.some((byte, i) => bytes[at + 32 + i] !== byte)) {
      throw wavError('unsupported-codec', name, at + 24, 'its sub-format is of a private kind');
    }
    tag = view.getUint32(at + 24, little);
    const valid = view.getUint16(at + 18, little);
    if (valid > 0 && valid <= stated) bits = valid;
    else if (valid > stated)
      warnings.push(`${valid} valid bits in samples of ${stated} bits: taken as ${stated}`);
  }
  if (channels === 0) throw wavError('zero-channels', name, at + 2, 'it says it has 0 channels');
  if (sampleRate === 0) throw wavError('zero-rate', name, at + 4, 'it says its sample rate is 0 Hz');

  let bytesPerSample = Math.ceil(stated / 8);
  if (blockAlign % channels === 0 && blockAlign / channels > bytesPerSample) {
    bytesPerSample = blockAlign / channels;
  } else if (blockAlign !== bytesPerSample * channels && stated > 0) {
    warnings.push(`block size ${blockAlign} does not fit ${channels} channels of ${stated} bits: ignored`);
  }
  return { tag, channels, sampleRate, blockAlign, bits, bytesPerSample, offset: at } satisfies WavFormat;
}

/** Whether chunks, each with a plausible id, fill the file exactly from `at` to its end. */
function isChainToEnd(bytes: Uint8Array, view: DataView, little: boolean, at: number): boolean {
  while (at + 8 <= bytes.length) {
    if (!looksLikeId(bytes, at)) return false;
    at += 8 + view.getUint32(at + 4, little);
    if (at === bytes.length) return true;
    at += at & 1;
  }
  return at === bytes.length;
}

/** Sizes that recorders and pipes write when they do not (yet) know the length. */
function isPlaceholder(size: number): boolean {
  return size >= 0xffffff00 || size === 0x7fffffff || size === 0x7ffff000;
}

/** Bytes of `data` claimed and there; a size that was never filled in means: to the end of the file. */
function measureData(bytes: Uint8Array, view: DataView, little: boolean, chunk: Chunk, warnings: string[]) {
  const there = bytes.length - chunk.start;
  if (chunk.size <= there && chunk.size > 0) return { dataBytes: chunk.size, claimedBytes: chunk.size };
  const unfinished = chunk.size === 0 && there > 0 && !isChainToEnd(bytes, view, little, chunk.start);
  if (unfinished || (!chunk.long && isPlaceholder(chunk.size))) {
    warnings.push(
      `the recorder never wrote the length: read to the end of the file (${there} bytes of data)`,
    );
    return { dataBytes: there, claimedBytes: Number.NaN };
  }
  return { dataBytes: Math.min(chunk.size, there), claimedBytes: chunk.size };
}

/**
 * Walks the chunks of `bytes` and returns the layout of the first `data` chunk.
 * @throws DataError `wav/not-a-wav`, `wav/no-fmt`, `wav/no-data`, `wav/bad-fmt`, `wav/zero-channels`,
 *   `wav/zero-rate`, `wav/unsupported-codec`
 */
export function readLayout(bytes: Uint8Array, name: string): WavLayout {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length >= 12 ? fourLetters(bytes, 0) : '';
  const known = magic === 'RIFF' || magic === 'RIFX' || magic === 'RF64' || magic === 'BW64';
  if (!known)
    throw wavError('not-a-wav', name, 0, `not a WAV file: ${guessKind(bytes)}`, 'Convert it to WAV first');
  if (fourLetters(bytes, 8) !== 'WAVE') {
    throw wavError('not-a-wav', name, 8, `a RIFF file of kind '${fourLetters(bytes, 8)}', not WAVE`);
  }
  const little = magic !== 'RIFX';
  const warnings: string[] = [];
  let format: WavFormat | undefined;
  let data: Chunk | undefined;
  let longSize = Number.NaN;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const chunk: Chunk = { id: fourLetters(bytes, at), start: at + 8, size: view.getUint32(at + 4, little) };
    if (chunk.id === 'ds64' && chunk.start + 16 <= bytes.length) {
      longSize =
        view.getUint32(chunk.start + 8, little) + view.getUint32(chunk.start + 12, little) * 4294967296;
    } else if (chunk.id === 'fmt ' && !format) {
      format = readFormat(bytes, view, little, chunk, name, warnings);
    } else if (chunk.id === 'data' && data) {
      warnings.push(`a second data chunk at byte ${at} is ignored`);
    } else if (chunk.id === 'data') {
      chunk.long = chunk.size === 0xffffffff && longSize > 0;
      if (chunk.long) chunk.size = longSize;
      data = chunk;
      // an unfinished data chunk of size 0 swallows the rest; do not read sound as chunks
      if (format && chunk.size === 0) break;
    }
    at = chunk.start + chunk.size;
    const padded = at + (at & 1);
    at = padded !== at && looksLikeId(bytes, at) && !looksLikeId(bytes, padded) ? at : padded;
  }
  if (!format)
    throw wavError(
      'no-fmt',
      name,
      Math.min(at, bytes.length),
      'it has no fmt chunk, so how to read it is unknown',
    );
  if (!data)
    throw wavError(
      'no-data',
      name,
      Math.min(at, bytes.length),
      'it has no data chunk: the file ends before any sound',
    );
  const size = measureData(bytes, view, little, data, warnings);
  return { littleEndian: little, format, dataOffset: data.start, ...size, warnings };
}
