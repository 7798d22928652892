import { DataError } from '../../base/errors.ts';
import { hashBytes } from '../hash.ts';
import { printable } from '../recording.ts';
import { OWN_FILES, requirePlaceable, requireSafe } from './paths.ts';
import type { PublishedSet } from './published.ts';

/** The publisher's list of files, read from `SHA256SUMS.txt`. */
export interface HashList {
  /** Where it came from. */
  readonly address: string;
  /** Of the list itself, by which two lists are compared. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
  /** Path → SHA-256 in lower-case hexadecimal, in the order of the list. */
  readonly hashes: ReadonlyMap<string, string>;
}

const SUM = /^([0-9a-fA-F]{64})[ \t]+\*?(.+)$/;
/** As `shasum --tag` and BSD's `sha256` write it. */
const TAGGED = /^SHA256 ?\((.+)\) ?= ?([0-9a-fA-F]{64})$/;

/**
 * Lines `<sha256> <path>`: one or more spaces, perhaps `*` for binary, CRLF or LF, `#` for comments. A single path
 * that leads out of the folder condemns the whole list.
 * @throws DataError `list/invalid`, `list/path`, `list/conflict`, `list/empty`
 */
export function parseHashList(bytes: Uint8Array, address: string): HashList {
  const hashes = new Map<string, string>();
  const text = new TextDecoder().decode(bytes);
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '');
    if (/^\s*(?:#|$)/.test(line)) continue;
    const where = `${address}:${index + 1}`;
    const tagged = TAGGED.exec(line);
    const [hash, name] = tagged ? [tagged[2]!, tagged[1]!] : (SUM.exec(line)?.slice(1) ?? []);
    if (hash === undefined || name === undefined) {
      const found = line.length > 60 ? `${line.slice(0, 60)}…` : line;
      const message = `${where}: expected a SHA-256 and a path, found ${JSON.stringify(found)}`;
      throw new DataError('list/invalid', printable(message), 'Is it the address of the files themselves?');
    }
    const path = name.replace(/^(?:\.\/)+/, '');
    requireSafe(path, where, 'list');
    const sha256 = hash.toLowerCase();
    const earlier = hashes.get(path);
    if (earlier !== undefined && earlier !== sha256)
      throw new DataError('list/conflict', printable(`${where}: ${path} is listed with two hashes`));
    hashes.set(path, sha256);
  }
  if (hashes.size === 0)
    throw new DataError('list/empty', printable(`${address}: the list of files is empty`));
  return { address, sha256: hashBytes(bytes), bytes, hashes };
}

/**
 * The paths to fetch, in the order of the list: what is needed or, with `all`, everything.
 * @throws DataError `list/nothing`, `list/path`, `list/collision`
 */
export function selectFrom(list: HashList, published: PublishedSet, all: boolean): Map<string, string> {
  const selected = new Map(
    [...list.hashes].filter(([path]) => path !== OWN_FILES.list && (all || published.needed.test(path))),
  );
  if (selected.size === 0) {
    const message = `${list.address}: none of its ${list.hashes.size} paths belongs to ${published.name}`;
    throw new DataError('list/nothing', printable(message), 'Is it the list of another data set?');
  }
  requirePlaceable(selected.keys(), list.address);
  return selected;
}
