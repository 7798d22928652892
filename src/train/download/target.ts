import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, type Stats } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { fileError, isFolder, makeFolders, systemCode } from '../files.ts';

/** What is at the place of a file before it is fetched. */
export type Present =
  | { readonly state: 'absent' }
  /** A file with this hash. */
  | { readonly state: 'file'; readonly sha256: string; readonly bytes: number }
  /** Something that is not ours to take away. */
  | { readonly state: 'blocked'; readonly why: string };

/**
 * The folder that is filled. A file is written beside its place as `.NAME.partial`, and gets its name only after
 * its bytes were read back from the disk and hashed.
 */
export class Target {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  place(path: string): string {
    return join(this.root, path);
  }

  partial(path: string): string {
    return join(this.root, dirname(path), `.${basename(path)}.partial`);
  }

  /** @throws DataError `file/…` when it cannot be read */
  async present(path: string): Promise<Present> {
    const place = this.place(path);
    let found: Stats;
    try {
      found = await stat(place);
    } catch (cause) {
      const code = systemCode(cause);
      if (code === 'ENOENT') return { state: 'absent' };
      if (code === 'ENOTDIR') return { state: 'blocked', why: 'a part of the path is a file, not a folder' };
      throw fileError('read', place, cause);
    }
    if (found.isDirectory()) return { state: 'blocked', why: 'a folder has its name' };
    if (!found.isFile()) return { state: 'blocked', why: 'something that is no file has its name' };
    return { state: 'file', ...(await hashOf(place)) };
  }

  /** Bytes of the file under way; 0 where there is none. */
  async partialBytes(path: string): Promise<number> {
    const found = await stat(this.partial(path)).catch(() => null);
    return found?.isFile() ? found.size : 0;
  }

  /**
   * Opens the file under way, to go on after its last byte or to begin anew.
   * @throws DataError `file/…`
   */
  async openPartial(path: string, goOn: boolean): Promise<Writer> {
    const partial = this.partial(path);
    try {
      makeFolders(dirname(partial));
      return new Writer(partial, await open(partial, goOn ? 'a' : 'w'));
    } catch (cause) {
      throw fileError('write', partial, cause);
    }
  }

  async discardPartial(path: string): Promise<void> {
    await rm(this.partial(path), { force: true });
  }

  /**
   * Gives the file under way its name if its bytes on the disk have the hash; otherwise removes it.
   * @param sha256 null where no list says what it should be
   * @throws DataError `file/…`
   */
  async settle(
    path: string,
    sha256: string | null,
  ): Promise<{ right: boolean; sha256: string; bytes: number }> {
    const partial = this.partial(path);
    const found = await hashOf(partial);
    const right = sha256 === null || found.sha256 === sha256;
    try {
      if (right) await rename(partial, this.place(path));
      else await rm(partial, { force: true });
    } catch (cause) {
      throw fileError('write', this.place(path), cause);
    }
    return { right, ...found };
  }
}

/** Writes all of each piece, and says what is wrong with the disk. */
class Writer {
  private readonly path: string;
  private readonly file: FileHandle;

  constructor(path: string, file: FileHandle) {
    this.path = path;
    this.file = file;
  }

  /** @throws DataError `file/disk-full` and others */
  async write(piece: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < piece.length; ) at += (await this.file.write(piece, at)).bytesWritten;
    } catch (cause) {
      throw fileError('write', this.path, cause);
    }
  }

  /** @throws DataError `file/…`: some file systems only notice here that they are full */
  async close(): Promise<void> {
    try {
      await this.file.close();
    } catch (cause) {
      throw fileError('write', this.path, cause);
    }
  }
}

export type { Writer };

/** Without blocking what goes on beside it. @throws DataError `file/…` */
async function hashOf(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 18 })) {
      hash.update(piece as Uint8Array);
      bytes += (piece as Uint8Array).length;
    }
  } catch (cause) {
    throw fileError('read', path, cause);
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** With the folders above it. @throws DataError `file/…` */
export function makeFolder(path: string): void {
  // One by one: `recursive` says "no such file or folder" where the truth is that nothing can be written.
  try {
    mkdirSync(path);
  } catch (cause) {
    const code = systemCode(cause);
    if (code === 'ENOENT' && !isFolder(dirname(path))) {
      makeFolder(dirname(path));
      makeFolder(path);
      return;
    }
    if (isFolder(path)) return;
    if (code === 'EEXIST')
      throw new DataError('file/not-a-folder', `cannot download into ${path}: it is a file, not a folder`);
    throw fileError('write', path, cause);
  }
}
