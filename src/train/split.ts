import { DataError } from '../base/errors.ts';
import { hashBytes } from './hash.ts';
import { readJson, toJson } from './json.ts';
import { byCodeUnits, formatNames, printable, type RecordingEntry } from './recording.ts';

export const PARTS = ['train', 'validation', 'test'] as const;
export type Part = (typeof PARTS)[number];

export const SPLIT_FORMAT = 'pcg-engine/split/1';

/** Which recording is on which side; saved with every run and able to be given to another. */
export interface Split {
  readonly format: typeof SPLIT_FORMAT;
  /** The seed it was drawn with; null where somebody else made it. */
  readonly seed: number | null;
  /** Recording ids, each list in code-unit order. */
  readonly parts: Readonly<Record<Part, readonly string[]>>;
  /** `splitHash` of the parts. */
  readonly hash: string;
}

/** Recordings by part, and what a given split and the data set do not have in common. */
export interface AppliedSplit {
  readonly train: readonly RecordingEntry[];
  readonly validation: readonly RecordingEntry[];
  readonly test: readonly RecordingEntry[];
  /** Ids of the split that the data set does not have. */
  readonly missing: readonly string[];
  /** Ids of the data set that the split does not name; they are used nowhere. */
  readonly unassigned: readonly string[];
}

/** SHA-256 of the parts alone, so that the same division has the same hash whatever made it. */
export function splitHash(parts: Readonly<Record<Part, readonly string[]>>): string {
  return hashBytes(JSON.stringify(PARTS.map((part) => [part, [...parts[part]].sort(byCodeUnits)])));
}

/** A split from lists of ids in any order. */
export function splitOf(parts: Readonly<Record<Part, readonly string[]>>, seed: number | null = null): Split {
  const sorted = (part: Part) => [...parts[part]].sort(byCodeUnits);
  const ordered = { train: sorted('train'), validation: sorted('validation'), test: sorted('test') };
  return { format: SPLIT_FORMAT, seed, parts: ordered, hash: splitHash(ordered) };
}

/**
 * Divides recordings as a split says, and refuses one that leaks.
 *
 * @throws DataError `split/leak` a group on two sides · `split/duplicate` an id twice · `split/empty-part`
 */
export function applySplit(split: Split, recordings: readonly RecordingEntry[]): AppliedSplit {
  const partOf = new Map<string, Part>();
  for (const part of PARTS) {
    for (const id of split.parts[part]) {
      const earlier = partOf.get(id);
      if (earlier) {
        const where = earlier === part ? `twice in ${part}` : `in ${earlier} and in ${part}`;
        throw new DataError('split/duplicate', printable(`the split has recording "${id}" ${where}`));
      }
      partOf.set(id, part);
    }
  }
  const applied: Record<Part, RecordingEntry[]> = { train: [], validation: [], test: [] };
  const unassigned: string[] = [];
  for (const recording of recordings) {
    const part = partOf.get(recording.id);
    if (part) applied[part].push(recording);
    else unassigned.push(recording.id);
  }
  checkLeaks(applied);
  for (const part of PARTS) {
    if (applied[part].length > 0) continue;
    const message = `the split leaves no recording for ${part} (${split.parts[part].length} named, none found)`;
    throw new DataError('split/empty-part', message, 'Give the split that was made for these recordings');
  }
  const known = new Set(recordings.map((recording) => recording.id));
  const missing = [...partOf.keys()].filter((id) => !known.has(id)).sort(byCodeUnits);
  return { ...applied, missing, unassigned };
}

/** @throws DataError `split/leak` naming the groups that are on two sides */
export function checkLeaks(parts: Readonly<Record<Part, readonly RecordingEntry[]>>): void {
  const sides = new Map<string, Set<Part>>();
  for (const part of PARTS) {
    for (const { group } of parts[part]) sides.set(group, (sides.get(group) ?? new Set<Part>()).add(part));
  }
  const leaks = [...sides]
    .filter(([, on]) => on.size > 1)
    .map(([group, on]) => `${group} (${[...on].join(' + ')})`);
  if (leaks.length === 0) return;
  const message = `the split has ${leaks.length} ${leaks.length === 1 ? 'subject' : 'subjects'} on two sides: ${formatNames(leaks)}`;
  throw new DataError('split/leak', message, 'Put all recordings of a subject on one side');
}

/** Recordings on different sides of a split that have the same content. */
export interface DuplicateAcross {
  /** Hash of the content. */
  readonly hash: string;
  /** Recording ids by part, each list in the order given. */
  readonly records: Readonly<Record<Part, readonly string[]>>;
}

/**
 * Finds content that is on more than one side: the same file under two names, which the names of subjects do
 * not tell. In the order of the hashes.
 *
 * @param contentHash by recording id; a recording without one is like no other
 */
export function duplicatesAcross(
  parts: Readonly<Record<Part, readonly Pick<RecordingEntry, 'id'>[]>>,
  contentHash: ReadonlyMap<string, string>,
): DuplicateAcross[] {
  const found = new Map<string, Record<Part, string[]>>();
  for (const part of PARTS) {
    for (const { id } of parts[part]) {
      const hash = contentHash.get(id);
      if (hash === undefined) continue;
      const records = found.get(hash) ?? { train: [], validation: [], test: [] };
      records[part].push(id);
      found.set(hash, records);
    }
  }
  return [...found]
    .filter(([, records]) => PARTS.filter((part) => records[part].length > 0).length > 1)
    .map(([hash, records]) => ({ hash, records }))
    .sort((a, b) => byCodeUnits(a.hash, b.hash));
}

/** The text of a split file. */
export function formatSplit(split: Split): string {
  return toJson(split);
}

/** @throws DataError `file/…`, `json/invalid`, `split/…` */
export function readSplit(path: string): Split {
  return parseSplit(readJson(path), path);
}

/**
 * Checks what was read as a split. `hash` and `seed` may be absent, for splits made by hand.
 * @param where for messages
 * @throws DataError `split/invalid`, `split/hash`
 */
export function parseSplit(value: unknown, where: string): Split {
  const invalid = (what: string) =>
    new DataError(
      'split/invalid',
      printable(`${where}: ${what}`),
      `Expected {"format": "${SPLIT_FORMAT}", "parts": {…}}`,
    );
  if (!isObject(value)) throw invalid('not a split');
  if (value.format !== SPLIT_FORMAT) throw invalid(`format ${JSON.stringify(value.format) ?? 'missing'}`);
  const given = value.parts;
  if (!isObject(given)) throw invalid('no "parts"');
  const list = (part: Part): string[] => {
    const ids = given[part];
    if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) {
      throw invalid(`"parts.${part}" is not a list of recording names`);
    }
    return ids;
  };
  const extra = Object.keys(given).find((name) => !PARTS.some((part) => part === name));
  if (extra !== undefined) throw invalid(`unknown part "${extra}"`);
  const seed = value.seed ?? null;
  if (seed !== null && typeof seed !== 'number') throw invalid('"seed" is not a number');
  const split = splitOf({ train: list('train'), validation: list('validation'), test: list('test') }, seed);
  if (value.hash !== undefined && value.hash !== split.hash) {
    const message = `${where}: the hash does not fit the parts, so the file was changed after it was made`;
    throw new DataError('split/hash', message, 'Remove "hash" from the file if the change was meant');
  }
  return split;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
