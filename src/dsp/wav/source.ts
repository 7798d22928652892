/**
 * Where bytes come from, and how a parser asks for them. The parser is written once, as a generator that
 * yields what it wants to read; it is driven over an array in memory or, awaiting every read, over a source.
 */
import { EngineError, UsageError } from '../../base/errors.ts';
import { wavError } from './error.ts';

/** A file, blob or array that is read piece by piece. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * The `length` bytes from `offset` on. Fewer, but at least one, may come back; the rest is then asked for
   * again. What is returned is used before the next read, and may be overwritten by it.
   */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

export interface ReadRequest {
  offset: number;
  /** At most what there is from `offset` on. */
  length: number;
}

/** A computation that asks for bytes as it goes, each time exactly as many as requested, and returns `T`. */
export type Reads<T> = Generator<ReadRequest, T, Uint8Array>;

/** Runs `reads` over bytes in memory. */
export function driveSync<T>(reads: Reads<T>, bytes: Uint8Array): T {
  let step = reads.next();
  while (!step.done) {
    const { offset, length } = step.value;
    step = reads.next(bytes.subarray(offset, offset + length));
  }
  return step.value;
}

/** Runs `reads` over a source. */
export async function driveAsync<T>(reads: Reads<T>, source: ByteSource, name: string): Promise<T> {
  let step = reads.next();
  while (!step.done) {
    step = reads.next(await readExactly(source, step.value, name));
  }
  return step.value;
}

async function readOnce(source: ByteSource, offset: number, length: number, name: string) {
  let bytes: Uint8Array;
  try {
    bytes = await source.read(offset, length);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw wavError('unreadable', name, offset, `reading it failed: ${why}`);
  }
  if (!ArrayBuffer.isView(bytes) || bytes.BYTES_PER_ELEMENT !== 1)
    throw new UsageError('wav/bad-source', `${name}: its source's read() must give a Uint8Array`);
  return bytes.length > length ? bytes.subarray(0, length) : bytes;
}

/**
 * All the bytes requested, in as many reads as it takes.
 * @throws DataError `wav/changed` if the source ends before its size, `wav/unreadable` if it cannot be read
 */
export async function readExactly(
  source: ByteSource,
  { offset, length }: ReadRequest,
  name: string,
): Promise<Uint8Array> {
  let bytes = await readOnce(source, offset, length, name);
  if (bytes.length === length) return bytes;
  const whole = new Uint8Array(length);
  for (let done = 0; ; bytes = await readOnce(source, offset + done, length - done, name)) {
    if (bytes.length === 0) {
      const what = `it ended while it was read: there were ${source.size} bytes before`;
      throw wavError('changed', name, offset + done, what, 'Read it again once nothing writes to it');
    }
    whole.set(bytes, done);
    done += bytes.length;
    if (done === length) return whole;
  }
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** A `Blob` or `File` of a browser as a source: only what is asked for is loaded. */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}

/** Small reads at a place, out of one window of a few kB that is read again only when it is left. */
export class Look {
  readonly size: number;
  #window: Uint8Array = new Uint8Array(0);
  #start = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** Up to `length` bytes at `offset`: fewer only at the end of the file. Valid until the next look. */
  *at(offset: number, length: number): Reads<Uint8Array> {
    const end = Math.min(offset + length, this.size);
    if (offset >= end) return new Uint8Array(0);
    if (offset < this.#start || end > this.#start + this.#window.length) {
      const wanted = Math.min(Math.max(length, WINDOW_BYTES), this.size - offset);
      this.#window = yield { offset, length: wanted };
      this.#start = offset;
    }
    return this.#window.subarray(offset - this.#start, end - this.#start);
  }
}

const WINDOW_BYTES = 4096;
