/**
 * One file of a feature cache: 8 bytes of magic, the length of the header (32 bits), the header (JSON, filled up with
 * spaces so that values begin at a multiple of 16), values [bands, frames] as float32, SHA-256 of all before it. Numbers
 * are little-endian.
 */
import { createHash } from 'node:crypto';

/** Features of a recording and what else is wanted of it, without where it was found. */
export interface CachedFeatures {
  /** [bands, frames], row-major. */
  readonly data: Float32Array;
  readonly bands: number;
  readonly frames: number;
  readonly secondsPerFrame: number;
  /** Of the recording. */
  readonly seconds: number;
  readonly soundHash: string;
  /** Warnings, each to be put behind the path. */
  readonly notes: readonly string[];
}

const MAGIC = new TextEncoder().encode('PCGFEAT1');
const PREFIX = MAGIC.length + 4;
const CHECKSUM = 32;
const ALIGNMENT = 16;
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export function encodeEntry(key: string, { data, ...rest }: CachedFeatures): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ key, ...rest }));
  const start = Math.ceil((PREFIX + header.length) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + data.byteLength + CHECKSUM).fill(0x20, 0, start);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint32(MAGIC.length, start - PREFIX, true);
  bytes.set(header, PREFIX);
  const values = bytes.subarray(start, bytes.length - CHECKSUM);
  values.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  swapOnBigEndian(values);
  bytes.set(checksum(bytes), bytes.length - CHECKSUM);
  return bytes;
}

/**
 * What an entry holds; null where it is not whole, was changed, or is that of another key.
 * @param bytes the file, from the start of an ArrayBuffer; values stay where they are
 */
export function decodeEntry(key: string, bytes: Uint8Array): CachedFeatures | null {
  if (bytes.length < PREFIX + CHECKSUM || MAGIC.some((byte, i) => bytes[i] !== byte)) return null;
  const sum = checksum(bytes);
  if (sum.some((byte, i) => bytes[bytes.length - CHECKSUM + i] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = PREFIX + view.getUint32(MAGIC.length, true);
  const header = headerOf(bytes.subarray(PREFIX, start));
  if (header?.key !== key) return null;
  const { key: _, ...rest } = header;
  const count = (bytes.length - CHECKSUM - start) / 4;
  if (start % ALIGNMENT !== 0 || count !== rest.bands * rest.frames) return null;
  swapOnBigEndian(bytes.subarray(start, start + 4 * count));
  return { ...rest, data: new Float32Array(bytes.buffer, bytes.byteOffset + start, count) };
}

function headerOf(bytes: Uint8Array): (Omit<CachedFeatures, 'data'> & { readonly key: string }) | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Omit<CachedFeatures, 'data'> & {
      readonly key: string;
    };
  } catch {
    return null;
  }
}

function checksum(bytes: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update(bytes.subarray(0, bytes.length - CHECKSUM))
    .digest();
}

function swapOnBigEndian(values: Uint8Array): void {
  if (!LITTLE_ENDIAN) Buffer.from(values.buffer, values.byteOffset, values.byteLength).swap32();
}
