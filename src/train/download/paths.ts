import { DataError } from '../../base/errors.ts';
import { printable } from '../recording.ts';

/** Files of our own in the folder; no path of a publisher may be one of them. */
export const OWN_FILES = {
  record: 'download.json',
  notice: 'LICENCE-AND-CITATION.txt',
  list: 'SHA256SUMS.txt',
  lock: '.pcg-engine-download.lock',
  takeover: '.pcg-engine-download.takeover',
} as const;

/** Names that Windows keeps for devices, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/**
 * Why a path from a list or an archive may not be written below a folder; null if it may. Such paths are hostile
 * until checked: they come from whoever answers.
 */
export function dangerOf(path: string): string | null {
  if (path === '') return 'it is empty';
  if (/\p{Cc}/u.test(path)) return 'it holds a control character';
  if (path.includes('\\')) return 'it holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute';
  const parts = path.split('/');
  if (parts.some((part) => part === '..' || part === '.')) return 'it steps out of its folder';
  if (parts.includes('')) return 'a part of it is empty';
  return null;
}

/** Why a path cannot be a file on every system; null if it can. */
export function unportable(path: string): string | null {
  for (const part of path.split('/')) {
    if (RESERVED.test(part)) return `${part} is a device on Windows`;
    if (/[<>:"|?*]/.test(part)) return 'it holds one of < > : " | ? *';
    if (/[. ]$/.test(part)) return 'a part of it ends with a dot or a space';
    // Room for the name of the file under way, `.NAME.partial`.
    if (new TextEncoder().encode(part).length > 240) return 'a part of it is longer than 240 bytes';
  }
  if (path.length > 1000) return 'it is longer than 1000 characters';
  const own: readonly string[] = Object.values(OWN_FILES);
  if (own.some((name) => name.toLowerCase() === path.toLowerCase()))
    return 'the name is kept for a file of ours';
  if (/(?:^|\/)\.[^/]*\.partial$/i.test(path)) return 'the name is kept for files under way';
  return null;
}

/** @throws DataError `<family>/path` */
export function requireSafe(path: string, where: string, family: 'list' | 'archive'): void {
  const danger = dangerOf(path);
  if (danger === null) return;
  const message = `${where}: the path ${JSON.stringify(path)} is refused: ${danger}`;
  throw new DataError(
    `${family}/path`,
    printable(message),
    'Nothing was written; the source cannot be trusted',
  );
}

/**
 * Refuses paths that are no file on some systems, two that are one file where letters' case does not count, and
 * files that would also have to be folders.
 * @throws DataError `list/path`, `list/collision`
 */
export function requirePlaceable(paths: Iterable<string>, where: string): void {
  const seen = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const path of paths) {
    const reason = unportable(path);
    if (reason !== null)
      throw new DataError('list/path', printable(`${where}: the path ${path} is refused: ${reason}`));
    const key = folded(path);
    const earlier = seen.get(key);
    if (earlier !== undefined) throw collision(where, earlier, path);
    seen.set(key, path);
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const folder = path.slice(0, end);
      const known = folders.get(folded(folder));
      if (known !== undefined && known !== folder) throw collision(where, `${known}/`, `${folder}/`);
      folders.set(folded(folder), folder);
    }
  }
  for (const [key, folder] of folders) {
    const file = seen.get(key);
    if (file !== undefined) throw collision(where, file, `${folder}/`);
  }
}

function folded(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

function collision(where: string, first: string, second: string): DataError {
  const message = `${where}: ${first} and ${second} would be one on some systems`;
  return new DataError('list/collision', printable(message), 'The list cannot be used as it is');
}
