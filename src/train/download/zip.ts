import type { FileHandle } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';
import { DataError } from '../../base/errors.ts';
import { printable } from '../recording.ts';

/** A file in a zip archive, as the central directory has it. */
export interface ZipEntry {
  readonly path: string;
  readonly bytes: number;
  readonly packed: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc: number;
  readonly local: number;
}

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const MOST_DIRECTORY_BYTES = 1 << 28;

/**
 * The files of a zip archive (PKWARE APPNOTE 6.3, with zip64). Links, encrypted entries and entries that share
 * bytes are refused.
 * @throws DataError `archive/…`
 */
export async function readZip(file: FileHandle, where: string): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  const fail = (code: string, text: string) =>
    new DataError(
      `archive/${code}`,
      printable(`${where}: ${text}`),
      code === 'truncated' ? CUT_OFF : undefined,
    );
  const { count, offset, length } = await findDirectory(file, size, fail);
  if (length > MOST_DIRECTORY_BYTES) throw fail('too-large', `a directory of ${length} bytes`);
  if (offset + length > size) throw fail('corrupt', 'its directory lies outside of it');
  const directory = await readAt(file, offset, length, fail);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > length || directory.readUInt32LE(at) !== CENTRAL)
      throw fail('corrupt', `entry ${i} of its directory is damaged`);
    const [nameLength, extraLength, noteLength] = [28, 30, 32].map((o) => directory.readUInt16LE(at + o));
    const after = at + 46 + nameLength! + extraLength! + noteLength!;
    if (after > length) throw fail('corrupt', `entry ${i} of its directory is damaged`);
    const name = directory.subarray(at + 46, at + 46 + nameLength!);
    const path = name.toString((directory.readUInt16LE(at + 8) & 0x800) !== 0 ? 'utf8' : 'latin1');
    const extra = directory.subarray(at + 46 + nameLength!, at + 46 + nameLength! + extraLength!);
    const wide = zip64Field(extra);
    const value = (o: number) => {
      const narrow = directory.readUInt32LE(at + o);
      return narrow === 0xffffffff ? (wide() ?? narrow) : narrow;
    };
    // In this order they stand in the zip64 field.
    const [bytes, packed, local] = [value(24), value(20), value(42)];
    const flags = directory.readUInt16LE(at + 8);
    const method = directory.readUInt16LE(at + 10);
    const crc = directory.readUInt32LE(at + 16);
    // The upper half holds the mode where the archive was made on Unix.
    const kind = (directory.readUInt32LE(at + 38) >>> 16) & 0xf000;
    const unix = directory[at + 5] === 3;
    at = after;
    if (path.endsWith('/')) continue;
    if (unix && kind === 0xa000) throw fail('link', `${path} is a link; links are refused`);
    if (unix && kind !== 0 && kind !== 0x8000)
      throw fail('unsupported', `${path} is a device; it is refused`);
    if ((flags & 1) !== 0) throw fail('encrypted', `${path} is encrypted`);
    if (method !== 0 && method !== 8) throw fail('unsupported', `${path} is packed by method ${method}`);
    entries.push({ path, bytes, packed, method, crc, local });
  }
  requireApart(entries, offset, fail);
  return entries;
}

type Fail = (code: string, text: string) => DataError;

const CUT_OFF = 'It is cut off; fetch it again';

async function findDirectory(file: FileHandle, size: number, fail: Fail) {
  const tail = Math.min(size, 22 + 0xffff);
  const bytes = await readAt(file, size - tail, tail, fail);
  let at = tail - 22;
  while (at >= 0 && !(bytes.readUInt32LE(at) === END && at + 22 + bytes.readUInt16LE(at + 20) <= tail)) at--;
  if (at < 0) throw fail('truncated', 'the end of a zip archive is not there');
  const end = {
    count: bytes.readUInt16LE(at + 10),
    length: bytes.readUInt32LE(at + 12),
    offset: bytes.readUInt32LE(at + 16),
  };
  const locator = at - 20;
  if (locator < 0 || bytes.readUInt32LE(locator) !== END64_LOCATOR) return end;
  const wide = await readAt(file, Number(bytes.readBigUInt64LE(locator + 8)), 56, fail);
  if (wide.readUInt32LE(0) !== END64) throw fail('corrupt', 'its zip64 end is damaged');
  const [count, length, offset] = [32, 40, 48].map((o) => Number(wide.readBigUInt64LE(o)));
  return { count: count!, length: length!, offset: offset! };
}

async function readAt(file: FileHandle, at: number, length: number, fail: Fail): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0) throw fail('truncated', `it ends before byte ${at + length}`);
    filled += bytesRead;
  }
  return bytes;
}

/** Gives one after another the 64-bit numbers of the zip64 field (0x0001). */
function zip64Field(extra: Buffer): () => number | undefined {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    let next = 0;
    return () => (next + 8 <= field.length ? Number(field.readBigUInt64LE((next += 8) - 8)) : undefined);
  }
  return () => undefined;
}

/** Entries that share packed bytes are how a small archive becomes an endless one (Fifield 2019). */
function requireApart(entries: readonly ZipEntry[], directory: number, fail: Fail): void {
  const ordered = [...entries].sort((a, b) => a.local - b.local);
  for (const [i, { path, local, packed }] of ordered.entries()) {
    const end = ordered[i + 1]?.local ?? directory;
    if (local + 30 + packed > end) throw fail('overlap', `${path} reaches into what follows it`);
  }
}

/**
 * The content of an entry, unpacked; its length and CRC-32 are checked against the directory.
 * @throws DataError `archive/corrupt`, `archive/truncated`
 */
export async function* readZipEntry(
  file: FileHandle,
  entry: ZipEntry,
  where: string,
): AsyncGenerator<Uint8Array> {
  const fail = (code: string, text: string) =>
    new DataError(`archive/${code}`, printable(`${where}: ${entry.path}: ${text}`));
  const header = await readAt(file, entry.local, 30, fail);
  if (header.readUInt32LE(0) !== LOCAL) throw fail('corrupt', 'its header is damaged');
  const start = entry.local + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = packedBytes(file, start, entry.packed, fail);
  let bytes = 0;
  let crc = 0xffffffff;
  try {
    for await (const piece of entry.method === 0 ? packed : inflate(packed)) {
      bytes += piece.length;
      if (bytes > entry.bytes) throw fail('corrupt', `unpacks to more than its ${entry.bytes} bytes`);
      crc = crc32(piece, crc);
      yield piece;
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw fail('corrupt', cause instanceof Error ? cause.message : String(cause));
  }
  if (bytes !== entry.bytes) throw fail('corrupt', `unpacks to ${bytes} of ${entry.bytes} bytes`);
  if ((crc ^ 0xffffffff) >>> 0 !== entry.crc) throw fail('corrupt', 'its checksum (CRC-32) is wrong');
}

async function* packedBytes(
  file: FileHandle,
  start: number,
  length: number,
  fail: Fail,
): AsyncGenerator<Buffer> {
  const step = 1 << 18;
  for (let at = 0; at < length; at += step)
    yield await readAt(file, start + at, Math.min(step, length - at), fail);
}

async function* inflate(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Readable } = await import('node:stream');
  const inflater = createInflateRaw();
  const source = Readable.from(packed);
  source.on('error', (error) => inflater.destroy(error));
  try {
    yield* source.pipe(inflater) as AsyncIterable<Uint8Array>;
  } finally {
    source.destroy();
    inflater.destroy();
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes: Uint8Array, crc: number): number {
  let c = crc;
  for (let i = 0; i < bytes.length; i++) c = CRC_TABLE[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return c >>> 0;
}
