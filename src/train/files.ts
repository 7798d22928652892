import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError } from '../base/errors.ts';
import { byCodeUnits, printable } from './recording.ts';

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
  return new DataError(`file/${reason}`, printable(`cannot ${action} ${path}: ${text}`), undefined, {
    cause,
  });
}

/** What a shell calls the pipes that it passes on purpose: standard input and `<(command)`. */
const PIPES = /^\/(dev\/(stdin$|fd\/)|proc\/self\/fd\/)/;

/**
 * Refuses what is neither a file nor a folder: reading a named pipe waits until somebody writes to it, and a
 * device may never end.
 * @throws DataError `file/not-regular`, and `file/…` where the path leads nowhere
 */
export function requireRegular(path: string): void {
  let stat: Stats;
  try {
    stat = statSync(path);
  } catch (cause) {
    throw fileError('read', path, cause);
  }
  if (stat.isFile() || stat.isDirectory() || PIPES.test(path)) return;
  const kind = stat.isFIFO() ? 'a named pipe' : stat.isSocket() ? 'a socket' : 'a device';
  throw new DataError('file/not-regular', printable(`cannot read ${path}: it is ${kind}, not a file`));
}

/** Whether a path leads to a file; not where it leads nowhere, or can lead nowhere (too long, a loop, …). */
export function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The absolute path without links: one for all names of a file. With links where it leads nowhere. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** @throws DataError `file/…` */
export function readBytes(path: string): Uint8Array {
  requireRegular(path);
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

/**
 * Makes a folder with those above it that are missing, and gives the outermost that it made. `mkdirSync` with
 * `recursive` goes round for ever where a file system answers ENOENT to making a folder that has one above (`/proc`).
 * @throws what `node:fs` throws
 */
export function makeFolders(path: string): string | undefined {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  for (const each of [...missing].reverse()) {
    try {
      mkdirSync(each);
    } catch (cause) {
      // Somebody else was quicker.
      if (!(systemCode(cause) === 'EEXIST' && isFolder(each))) throw cause;
    }
  }
  return missing.at(-1);
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
      // What archivers of one system leave behind for themselves is hidden there too.
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
      const isLink = entry.isSymbolicLink();
      if (isLink ? isFolder(join(path, entry.name)) : entry.isDirectory()) folders.push(entry.name);
      else if (isLink || entry.isFile()) files.push(entry.name);
    }
  } catch (cause) {
    throw fileError('list', path, cause);
  }
  return { files: files.sort(byCodeUnits), folders: folders.sort(byCodeUnits) };
}

/** Whether a path leads to a folder. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Endings of the files that hold sound. FLAC and MP3 need an optional package to be decoded, but not to be found. */
const AUDIO = /\.(wav|flac|mp3)$/i;

/** Whether a file name is that of a recording (`.wav`, `.flac`, `.mp3`); the letters' case does not matter. */
export function isAudioName(name: string): boolean {
  return AUDIO.test(name);
}

/** A file name without the ending of a recording: what a record is called. */
export function audioStem(name: string): string {
  return name.replace(AUDIO, '');
}

/**
 * Paths (with `/`, relative to `root`) of all recordings in a folder and below, in code-unit order. A folder that
 * links lead to again is listed once, under the first of its names in code-unit order.
 * @throws DataError `file/…`
 */
export function listAudioFiles(root: string): string[] {
  const found: string[] = [];
  const visited = new Set<string>();
  // A link to a folder above would bring in what is not below, under other names.
  for (let at = realPath(root); dirname(at) !== at; at = dirname(at)) visited.add(dirname(at));
  const walk = (folder: string) => {
    const path = join(root, folder);
    // A link within would go round for ever; folders that link to each other, nearly so.
    const real = realPath(path);
    if (visited.has(real)) return;
    visited.add(real);
    const { files, folders } = listFolder(path);
    const prefix = folder === '' ? '' : `${folder}/`;
    for (const name of files) if (isAudioName(name)) found.push(prefix + name);
    for (const name of folders) walk(prefix + name);
  };
  walk('');
  return found.sort(byCodeUnits);
}
