import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { DataError } from '../../base/errors.ts';
import { fileError, requireRegular, systemCode } from '../files.ts';
import { Interruption } from '../interruption.ts';
import { printable } from '../recording.ts';
import { type HashList, parseHashList } from './list.ts';
import { OWN_FILES, requireSafe } from './paths.ts';
import type { PublishedSet } from './published.ts';
import { type Delivery, notThere, rootPrefix, type Source, takeIn, type Wanted } from './source.ts';
import { readTar, type TarEntry } from './tar.ts';
import { readZip, readZipEntry } from './zip.ts';

/** An archive may not claim or unpack to more. */
export interface ArchiveLimits {
  readonly entries: number;
  readonly bytes: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = { entries: 200_000, bytes: 2 ** 35 };

const MOST_LIST_BYTES = 1 << 26;

/**
 * A local archive. It is read through once before anything is written, so that one that is cut off, or that holds
 * paths out of its folder, links or too much, is refused as a whole.
 * @throws DataError `archive/…`, `download/…`, `file/…` · Interruption
 */
export async function openArchive(
  path: string,
  published: PublishedSet,
  signal: AbortSignal,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<Source> {
  const packing = packingOf(path);
  const zip = packing === 'zip' ? await openZip(path) : null;
  const entries = packing === 'zip' ? zip!.entries : tarEntries(path, packing, signal);
  try {
    return await index(path, entries, published, limits, zip ? 'zip' : 'tar', zip?.close);
  } catch (error) {
    await zip?.close();
    throw error;
  }
}

type Packing = 'zip' | 'tar' | 'gzip' | 'xz';

/** By the first bytes: names of archives lie. @throws DataError `archive/unknown`, `file/…` */
function packingOf(path: string): Packing {
  requireRegular(path);
  const head = new Uint8Array(262);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, head);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw fileError('read', path, cause);
  }
  const starts = (at: number, ...bytes: number[]) => bytes.every((byte, i) => head[at + i] === byte);
  if (starts(0, 0x50, 0x4b, 3, 4) || starts(0, 0x50, 0x4b, 5, 6)) return 'zip';
  if (starts(0, 0x1f, 0x8b)) return 'gzip';
  if (starts(0, 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)) return 'xz';
  if (starts(257, 0x75, 0x73, 0x74, 0x61, 0x72)) return 'tar';
  const message = `${path}: neither a zip nor a tar archive (plain, gzip or xz)`;
  throw new DataError('archive/unknown', printable(message), 'Unpack it and give the folder');
}

/** Goes through the files from the first; can be asked again. */
type Entries = () => AsyncGenerator<TarEntry>;

async function openZip(path: string): Promise<{ entries: Entries; close: () => Promise<void> }> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw fileError('read', path, cause);
  }
  try {
    const directory = await readZip(file, path);
    const entries = async function* () {
      for (const entry of directory)
        yield { path: entry.path, bytes: entry.bytes, body: readZipEntry(file, entry, path) };
    };
    return { entries, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function tarEntries(path: string, packing: Exclude<Packing, 'zip'>, signal: AbortSignal): Entries {
  return () => {
    if (packing === 'xz') return readTar(unxz(path, signal), path);
    const file = createReadStream(path, { highWaterMark: 1 << 18 });
    return readTar(readable(packing === 'tar' ? file : gunzip(file), path), path);
  };
}

async function* gunzip(file: NodeJS.ReadableStream & { destroy(): void }): AsyncGenerator<Uint8Array> {
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error as Error));
  try {
    yield* file.pipe(unpacked) as AsyncIterable<Uint8Array>;
  } finally {
    file.destroy();
    unpacked.destroy();
  }
}

async function* readable(pieces: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (cause) {
    const code = systemCode(cause);
    if (!code.startsWith('Z_')) throw fileError('read', path, cause);
    const [name, text, hint] =
      code === 'Z_BUF_ERROR'
        ? ['truncated', 'ends in the middle of the archive', 'It is cut off; fetch it again']
        : ['corrupt', 'its packing is damaged', 'Fetch it again'];
    throw new DataError(`archive/${name}`, printable(`${path}: ${text}`), hint, { cause });
  }
}

/** Node has no xz: the system's is asked. */
async function* unxz(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const child: ChildProcess = spawn('xz', ['-dc', '--', path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let said = '';
  child.stderr!.on('data', (piece) => {
    said = (said + piece).slice(0, 500);
  });
  const ended = new Promise<unknown>((resolve) => {
    child.on('error', resolve).on('close', resolve);
  });
  try {
    yield* child.stdout! as AsyncIterable<Uint8Array>;
  } catch {
    // Why is known when the program has ended.
  } finally {
    child.kill();
  }
  const end = await ended;
  if (end === 0) return;
  if (signal.aborted) throw new Interruption();
  if (systemCode(end) === 'ENOENT') {
    const message = printable(`${path}: packed by xz, and there is no program xz here`);
    throw new DataError('archive/no-xz', message, 'Install xz, or unpack it and give the folder');
  }
  throw new DataError(
    'archive/corrupt',
    printable(`${path}: ${said.trim() || 'xz failed'}`),
    'Fetch it again',
  );
}

/** Reads an archive through and makes a source of it. */
async function index(
  address: string,
  entries: Entries,
  published: PublishedSet,
  limits: ArchiveLimits,
  kind: 'zip' | 'tar',
  close: (() => Promise<void>) | undefined,
): Promise<Source> {
  const sizes = new Map<string, number>();
  const lists = new Map<string, Uint8Array>();
  let bytes = 0;
  for await (const entry of entries()) {
    const path = plain(entry.path);
    requireSafe(path, address, 'archive');
    bytes += entry.bytes;
    if (sizes.size >= limits.entries || bytes > limits.bytes) throw bomb(address, limits);
    if (sizes.has(path))
      throw new DataError('archive/duplicate', printable(`${address}: ${path} is in it more than once`));
    sizes.set(path, entry.bytes);
    if (path.split('/').at(-1) === OWN_FILES.list && entry.bytes <= MOST_LIST_BYTES)
      lists.set(path, await collect(entry.body));
  }
  const prefix = rootPrefix(sizes.keys(), published.landmark, address, published.name);
  const inside = [...sizes].filter(([path]) => path.startsWith(prefix));
  const files = new Map(inside.map(([path, size]) => [path.slice(prefix.length), size]));
  const list = lists.get(prefix + OWN_FILES.list);
  return {
    kind,
    address,
    files,
    async readList(): Promise<HashList | null> {
      return list ? parseHashList(list, `${address}:${prefix}${OWN_FILES.list}`) : null;
    },
    async deliver(wanted: Wanted, delivery: Delivery): Promise<void> {
      const left = new Set(wanted.keys());
      for (const path of wanted.keys()) {
        if (files.has(path)) continue;
        left.delete(path);
        delivery.onMissing(notThere(path));
      }
      if (left.size === 0) return;
      for await (const { path: full, body } of entries()) {
        if (delivery.signal.aborted) throw new Interruption();
        const path = plain(full).slice(prefix.length);
        if (!plain(full).startsWith(prefix) || !left.delete(path)) continue;
        await takeIn(path, wanted.get(path)!, body, delivery);
        if (left.size === 0) return;
      }
    },
    close: () => void close?.(),
  };
}

/** `./training-a/x` is how `tar -C folder .` names things. */
function plain(path: string): string {
  return path.replace(/^(?:\.\/)+/, '');
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

function bomb(address: string, limits: ArchiveLimits): DataError {
  const message = `${address}: more than ${limits.entries} files or ${limits.bytes} bytes`;
  return new DataError('archive/too-large', printable(message), 'No data set known here is so large');
}
