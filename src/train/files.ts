import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../base/errors.ts';
import { byCodeUnits } from './recording.ts';

const REASONS: Record<string, readonly [code: string, text: string]> = {
  ENOENT: ['not-found', 'no such file or folder'],
  ENOTDIR: ['not-a-folder', 'a part of the path is a file, not a folder'],
  EISDIR: ['is-a-folder', 'it is a folder, not a file'],
  EACCES: ['denied', 'permission denied'],
  EPERM: ['denied', 'permission denied'],
  EROFS: ['read-only', 'the file system is read-only'],
  ENOSPC: ['disk-full', 'no space left on the disk'],
  EDQUOT: ['disk-full', 'the disk quota is used up'],
};

/** The system's error code, such as `ENOENT`, of what a `node:fs` call threw. */
export function systemCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

/** What a `node:fs` call threw, as a DataError `file/<reason>` that names the path. */
export function fileError(action: 'read' | 'write' | 'list', path: string, cause: unknown): DataError {
  const code = systemCode(cause);
  const [reason, text] = REASONS[code] ?? ['failed', cause instanceof Error ? cause.message : String(cause)];
  return new DataError(`file/${reason}`, `cannot ${action} ${path}: ${text}`, undefined, { cause });
}

/** @throws DataError `file/…` */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw fileError('read', path, cause);
  }
}

/**
 * Writes a file so that no reader ever sees a part of it: a temporary neighbour is written, flushed to the
 * disk and renamed over the target. After a failure the target is as it was and the neighbour is gone.
 * @throws DataError `file/…`
 */
export function writeFileAtomic(path: string, content: Uint8Array | string): void {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  let file: number | undefined;
  try {
    file = openSync(temporary, 'w');
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
    closeSync(file);
    file = undefined;
    renameSync(temporary, path);
  } catch (cause) {
    if (file !== undefined) closeSync(file);
    try {
      rmSync(temporary, { force: true });
    } catch {
      // The first failure is the one to report.
    }
    throw fileError('write', path, cause);
  }
  syncFolder(dirname(path));
}

/** Makes a rename durable. Some systems do not let folders be opened; then there is nothing to do. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // The content is complete either way; only its survival of a power cut is less certain.
  }
}

/**
 * Names in a folder, each list in code-unit order; hidden names (`.…`) left out. Links are followed; one that
 * leads nowhere counts as a file, so that reading it reports it.
 */
export interface FolderListing {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** @throws DataError `file/…` */
export function listFolder(path: string): FolderListing {
  const files: string[] = [];
  const folders: string[] = [];
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const isLink = entry.isSymbolicLink();
      if (isLink ? leadsToFolder(join(path, entry.name)) : entry.isDirectory()) folders.push(entry.name);
      else if (isLink || entry.isFile()) files.push(entry.name);
    }
  } catch (cause) {
    throw fileError('list', path, cause);
  }
  return { files: files.sort(byCodeUnits), folders: folders.sort(byCodeUnits) };
}

function leadsToFolder(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    return false;
  }
}

/** Whether a file name is that of a WAV file; the letters' case does not matter. */
export function isWavName(name: string): boolean {
  return /\.wav$/i.test(name);
}

/** Paths (with `/`, relative to `root`) of all WAV files in a folder and below, in code-unit order. */
export function listWavFiles(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string, above: readonly string[]) => {
    const path = join(root, folder);
    const { files, folders } = listFolder(path);
    // A link to a folder above itself would go round for ever.
    const real = realpathSync(path);
    if (above.includes(real)) return;
    const prefix = folder === '' ? '' : `${folder}/`;
    for (const name of files) if (isWavName(name)) found.push(prefix + name);
    for (const name of folders) walk(prefix + name, [...above, real]);
  };
  walk('', []);
  return found.sort(byCodeUnits);
}
