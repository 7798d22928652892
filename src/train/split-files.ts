import { existsSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { fileError, isFolder, makeFolders, writeFileAtomic } from './files.ts';
import { formatNames, printable } from './recording.ts';
import { formatSplit, type Split } from './split.ts';

/** A split and where it goes. */
export interface SplitFile {
  readonly path: string;
  readonly split: Split;
}

/**
 * Names the files of one way of dividing: `split.json`, `fold-1.json`, `site-<name>.json`.
 * @param out a folder, or for a single split the file itself, whose name ends in `.json`
 * @throws UsageError `split/out` when one file is named for several splits
 */
export function nameSplitFiles(splits: readonly Split[], out: string): SplitFile[] {
  if (/\.json$/i.test(basename(out)) && !isFolder(out)) {
    if (splits.length === 1 && splits[0]!.made?.how === 'stratified')
      return [{ path: out, split: splits[0]! }];
    const message = `there are several files to write, and ${out} is the name of one`;
    throw new UsageError('split/out', printable(message), 'Name a folder');
  }
  const taken = new Set<string>();
  const digits = String(splits.length).length;
  return splits.map((split) => ({ path: join(out, fileName(split, digits, taken)), split }));
}

function fileName({ made }: Split, digits: number, taken: Set<string>): string {
  if (made?.how === 'k-fold') return `fold-${String(made.fold).padStart(digits, '0')}.json`;
  if (made?.how !== 'leave-one-site-out') return 'split.json';
  // Sites may be named in any way, and some file systems do not tell upper from lower case.
  const words = (made.site ?? '').replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
  const name = `site-${words.replace(/^-+|-+$/g, '') || 'unnamed'}`;
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${name}-${n}`;
  taken.add(free.toLowerCase());
  return `${free}.json`;
}

/**
 * Writes all files or none. What is there is never overwritten.
 * @throws UsageError `split/exists` · DataError `file/…`
 */
export function writeSplitFiles(files: readonly SplitFile[]): void {
  const there = files.map(({ path }) => path).filter((path) => existsSync(path));
  if (there.length > 0) {
    const message = `${formatNames(there)} ${there.length === 1 ? 'is' : 'are'} there already; a split is never overwritten`;
    throw new UsageError('split/exists', message, 'Give --out another name');
  }
  const written: string[] = [];
  try {
    for (const { path, split } of files) {
      makeFolder(dirname(path));
      writeFileAtomic(path, formatSplit(split));
      written.push(path);
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    throw error;
  }
}

function makeFolder(path: string): void {
  try {
    makeFolders(path);
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}
