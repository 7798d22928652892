import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { engineVersion } from '../environment.ts';
import { readBytes, writeFileAtomic } from '../files.ts';
import { hashBytes } from '../hash.ts';
import { readJson, toJson } from '../json.ts';
import type { HashList } from './list.ts';
import { OWN_FILES } from './paths.ts';
import type { PublishedSet } from './published.ts';
import type { Missing, Source } from './source.ts';

/** What `download.json` says of a folder. No times, so that the same files give the same record. */
export interface DownloadRecord {
  readonly format: 'pcg-engine download';
  readonly dataset: string;
  readonly title: string;
  readonly version: string;
  readonly engine: string;
  readonly source: { readonly kind: Source['kind']; readonly address: string };
  /** The list that files were checked against; null where there was none. */
  readonly list: { readonly address: string; readonly sha256: string; readonly files: number } | null;
  /** Everything the publisher has, or only what training needs. */
  readonly all: boolean;
  /** Files of the selection: how many there should be (null where no list says), are there, are verified. */
  readonly files: {
    readonly selected: number | null;
    readonly present: number;
    readonly verified: number;
  };
  readonly bytes: number;
  /** Known without any list; by the folder that training knows as a site. */
  readonly recordings: RecordingCount & { readonly folders: Readonly<Record<string, RecordingCount>> };
  /** Whether every file that is there was found right by the list. */
  readonly verified: boolean;
  /** Whether every file of the selection is there and was found right. */
  readonly complete: boolean;
  readonly missing: readonly Missing[];
  /** Files that are not the publisher's, taken as they are. */
  readonly companions: readonly string[];
  readonly licence: PublishedSet['licence'];
  readonly citations: readonly string[];
}

interface RecordingCount {
  readonly present: number;
  readonly published: number;
}

export const RECORD_FORMAT = 'pcg-engine download';

/** What a folder has of which the record is made. */
export interface Tally {
  readonly selected: number | null;
  /** Path → bytes. */
  readonly present: ReadonlyMap<string, number>;
  readonly verified: number;
  readonly missing: readonly Missing[];
  readonly companions: readonly string[];
  readonly finished: boolean;
}

export function recordOf(
  published: PublishedSet,
  source: Source,
  list: HashList | null,
  all: boolean,
  tally: Tally,
): DownloadRecord {
  const { present, verified, missing, selected } = tally;
  const bytes = [...present.values()].reduce((sum, size) => sum + size, 0);
  return {
    format: RECORD_FORMAT,
    dataset: published.name,
    title: published.title,
    version: published.version,
    engine: engineVersion(),
    source: { kind: source.kind, address: source.address },
    list: list && { address: list.address, sha256: list.sha256, files: list.hashes.size },
    all,
    files: { selected, present: present.size, verified },
    bytes,
    recordings: countRecordings(present.keys(), published),
    verified: list !== null && verified === present.size,
    complete: tally.finished && list !== null && missing.length === 0 && verified === selected,
    missing,
    companions: tally.companions,
    licence: published.licence,
    citations: published.citations,
  };
}

function countRecordings(paths: Iterable<string>, set: PublishedSet): DownloadRecord['recordings'] {
  const present = new Map(Object.keys(set.recordings).map((folder) => [folder, 0]));
  for (const path of paths) {
    const [folder, name, ...deeper] = path.split('/');
    const count = present.get(folder!);
    if (count !== undefined && name?.endsWith('.wav') && deeper.length === 0) present.set(folder!, count + 1);
  }
  const folders = Object.fromEntries(
    [...present].map(([folder, count]) => [folder, { present: count, published: set.recordings[folder]! }]),
  );
  const sum = (what: keyof RecordingCount) =>
    Object.values(folders).reduce((total, count) => total + count[what], 0);
  return { present: sum('present'), published: sum('published'), folders };
}

/**
 * Refuses a folder that files of ours cannot be written into without taking something away.
 * @throws DataError `download/other-set`, `download/foreign-file`, `file/…`, `json/invalid`
 */
export function requireOurs(folder: string, published: PublishedSet, list: HashList | null): void {
  const found = readRecord(join(folder, OWN_FILES.record));
  if (found && found.dataset !== published.name) {
    const message = `${folder}: holds ${String(found.dataset)}, not ${published.name}`;
    throw new DataError('download/other-set', message, 'Give another folder');
  }
  const notice = join(folder, OWN_FILES.notice);
  if (existsSync(notice) && !new TextDecoder().decode(readBytes(notice)).startsWith(published.title))
    throw foreign(notice);
  const sums = join(folder, OWN_FILES.list);
  if (list === null || !existsSync(sums)) return;
  const there = hashBytes(readBytes(sums));
  // Ours, the publisher's own, or somebody's own list of what is in the folder.
  if (there !== list.sha256 && there !== found?.list?.sha256) throw foreign(sums);
}

function readRecord(path: string): Partial<DownloadRecord> | null {
  if (!existsSync(path)) return null;
  const found = readJson(path) as Partial<DownloadRecord> | null;
  if (found?.format !== RECORD_FORMAT) throw foreign(path);
  return found;
}

function foreign(path: string): DataError {
  const message = `${path}: is not a file of pcg-engine and would be overwritten`;
  return new DataError('download/foreign-file', message, 'Move it away, or give another folder');
}

/** Writes `download.json`, the licence and the list. @throws DataError `file/…` */
export function writeRecord(folder: string, record: DownloadRecord, list: HashList | null): void {
  writeFileAtomic(join(folder, OWN_FILES.notice), noticeOf(record));
  if (list) writeFileAtomic(join(folder, OWN_FILES.list), list.bytes);
  writeFileAtomic(join(folder, OWN_FILES.record), toJson(record));
}

function noticeOf({ title, version, licence, citations, dataset }: DownloadRecord): string {
  return [
    `${title}, version ${version}`,
    '',
    `Licence: ${licence.name}`,
    `         ${licence.address}`,
    'You may share and use these data, also commercially, if you name where they come from.',
    '',
    'Please cite, as the publisher asks:',
    '',
    ...citations.flatMap((citation, i) => [...wrap(`${i + 1}. ${citation}`, 100, '   '), '']),
    `Machine-readable in ${OWN_FILES.record} (data set ${dataset}).`,
    '',
  ].join('\n');
}

/** Lines of at most `width` characters where words allow it. */
export function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > width) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
  }
  return [...lines, line];
}
