/** Bytes of a recording's file, read in pieces: what the WAV reader asks for, and their hash. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync, type Stats } from 'node:fs';
import { DataError } from '../base/errors.ts';
import { fileError, requireRegular } from './files.ts';
import { printable } from './recording.ts';

/** Bytes read at a time; files up to this size are read once and for all. */
const PIECE = 1 << 21;

/** Buffers of sources that were closed, for the next ones: fresh memory costs more than reading into it. */
const spare: Uint8Array[] = [];

/** A file, or all there is in a pipe. Close it; bytes it gave out are overwritten by the next `read`. */
export class FileSource {
  readonly path: string;
  readonly size: number;
  private readonly file: number | null;
  private readonly before: Stats | null;
  private buffer: Uint8Array;
  /** Bytes of the file that are in the buffer. */
  private from = 0;
  private to = 0;

  /** @throws DataError `file/…` */
  constructor(path: string) {
    this.path = path;
    requireRegular(path);
    let file: number | null = null;
    try {
      file = openSync(path, 'r');
      const stats = fstatSync(file);
      if (!stats.isFile()) {
        closeSync(file);
        file = null;
        // A pipe is read to its end; a folder is an error that says so.
        this.buffer = readFileSync(path);
        this.to = this.buffer.length;
        this.size = this.to;
        this.before = null;
      } else {
        this.before = stats;
        this.size = stats.size;
        this.buffer = spare.pop() ?? new Uint8Array(PIECE);
      }
    } catch (cause) {
      if (file !== null) closeSync(file);
      throw fileError('read', path, cause);
    }
    this.file = file;
  }

  /** Up to `length` bytes from `offset` on; fewer only at the end. Theirs until the next call. */
  read(offset: number, length: number): Uint8Array {
    const end = Math.min(this.size, offset + length);
    if (offset < this.from || end > this.to) this.fill(offset, end);
    return this.buffer.subarray(offset - this.from, Math.max(0, Math.min(end, this.to) - this.from));
  }

  /** SHA-256 of the whole, in lower-case hexadecimal. */
  hash(): string {
    const hash = createHash('sha256');
    for (let at = 0; at < this.size; ) {
      const piece = this.read(at, PIECE);
      // It became shorter: what there is of it is not what anybody wanted.
      if (piece.length === 0) throw this.changed();
      hash.update(piece);
      at += piece.length;
    }
    return hash.digest('hex');
  }

  /** @throws DataError `file/changed` if somebody has written to the file since it was opened */
  checkUnchanged(): void {
    if (this.file === null) return;
    const now = fstatSync(this.file);
    if (now.size !== this.size || now.mtimeMs !== this.before!.mtimeMs) throw this.changed();
  }

  close(): void {
    if (this.file === null) return;
    closeSync(this.file);
    if (this.buffer.length === PIECE && spare.length < 2) spare.push(this.buffer);
  }

  private fill(offset: number, end: number): void {
    if (this.file === null) return;
    const wanted = Math.min(this.size - offset, Math.max(end - offset, PIECE));
    if (wanted > this.buffer.length) this.buffer = new Uint8Array(wanted);
    this.from = offset;
    this.to = offset;
    try {
      while (this.to - offset < wanted) {
        const at = this.to - offset;
        const count = readSync(this.file, this.buffer, at, wanted - at, this.to);
        if (count === 0) return;
        this.to += count;
      }
    } catch (cause) {
      throw fileError('read', this.path, cause);
    }
  }

  private changed(): DataError {
    return new DataError('file/changed', printable(`${this.path} was changed while it was read`));
  }
}
