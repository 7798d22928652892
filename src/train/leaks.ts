import { DataError } from '../base/errors.ts';
import { type Fingerprints, findCopies, joinGroups } from './copies.ts';
import { byCodeUnits, formatNames, printable, type RecordingEntry } from './recording.ts';
import { PARTS, type Part } from './split.ts';

/**
 * One thing that is on more than one side of a split, so that a model is tested (or chosen) on what it has
 * learned from. `subject`: recordings of one group, or of one patient · `same-file`: identical bytes under two
 * names · `same-sound`: identical samples in different files · `record-in-two-parts`: one recording, twice.
 */
export interface Leak {
  readonly kind: 'subject' | 'same-file' | 'same-sound' | 'record-in-two-parts';
  /** Ids of the recordings concerned, in code-unit order. */
  readonly names: readonly string[];
  /** Two or more, in the order train, validation, test. */
  readonly parts: readonly Part[];
  /** The group or patient, for `subject`; `a = b` for groups that recordings in no part show to be one. */
  readonly subject?: string;
}

type Parts = Readonly<Record<Part, readonly RecordingEntry[]>>;

/**
 * Everything that is on more than one side of a split: subjects first, then recordings in two parts, files and
 * sounds. A patient who is a group is not said twice, nor a subject whose only recording is in two parts.
 *
 * @param fingerprints by recording id; a recording without one is like no other
 * @param elsewhere recordings that may be in no part: they tell that two subjects are one, as where a recording of the
 *   one is there again as a recording of the other
 */
export function findLeaks(
  parts: Parts,
  fingerprints: Fingerprints = {},
  elsewhere: readonly RecordingEntry[] = [],
): Leak[] {
  const partsOf = new Map<string, Part[]>();
  for (const part of PARTS) {
    for (const id of new Set(parts[part].map((recording) => recording.id))) {
      const earlier = partsOf.get(id);
      if (earlier) earlier.push(part);
      else partsOf.set(id, [part]);
    }
  }
  const all = new Map(PARTS.flatMap((part) => parts[part].map((each) => [each.id, each] as const)));
  const recordings = [...all.values()].sort((a, b) => byCodeUnits(a.id, b.id));
  const sidesOf = (names: readonly string[]) =>
    PARTS.filter((part) => names.some((name) => partsOf.get(name)!.includes(part)));
  const across = <T extends { readonly names: readonly string[] }>(sets: readonly T[]) =>
    sets.map((set) => ({ ...set, parts: sidesOf(set.names) })).filter((leak) => leak.parts.length > 1);

  const twice = recordings
    .filter(({ id }) => partsOf.get(id)!.length > 1)
    .map(({ id }) => ({ kind: 'record-in-two-parts' as const, names: [id] }));
  const said = new Set(twice.map(({ names }) => JSON.stringify(names)));
  const subjects = across([
    ...subjectsOf(recordings, ({ group }) => group),
    ...subjectsOf(recordings, ({ patient }) => patient),
  ]).filter(({ names }) => {
    const key = JSON.stringify(names);
    return !said.has(key) && said.add(key);
  });
  const others = [...across(twice), ...across(findCopies(recordings, fingerprints))];
  const groupOf = new Map(recordings.map(({ id, group }) => [id, group]));
  const everyone = [...recordings, ...elsewhere.filter(({ id }) => !all.has(id))];
  const joined = joinGroups(everyone, findCopies(everyone, fingerprints)).filter(({ id }) => all.has(id));
  const indirect = across(subjectsOf(joined, ({ group }) => group))
    .filter(({ names }) => {
      const known = new Set(names);
      return ![...subjects, ...others].some((leak) => leak.names.every((name) => known.has(name)));
    })
    .map((leak) => {
      const groups = [...new Set(leak.names.map((name) => groupOf.get(name)!))].sort(byCodeUnits);
      return { ...leak, subject: sameNames(groups) };
    });
  return [...subjects, ...indirect, ...others];
}

function subjectsOf(
  recordings: readonly RecordingEntry[],
  key: (recording: RecordingEntry) => string | undefined,
): { kind: 'subject'; subject: string; names: string[] }[] {
  const members = new Map<string, string[]>();
  for (const recording of recordings) {
    const subject = key(recording);
    if (subject === undefined) continue;
    const names = members.get(subject);
    if (names) names.push(recording.id);
    else members.set(subject, [recording.id]);
  }
  return [...members]
    .sort(([a], [b]) => byCodeUnits(a, b))
    .map(([subject, names]) => ({ kind: 'subject', subject, names }));
}

const WORDS: Readonly<Record<Leak['kind'], readonly [one: string, many: string]>> = {
  subject: ['subject on two sides', 'subjects on two sides'],
  'record-in-two-parts': ['recording in two parts', 'recordings in two parts'],
  'same-file': ['file on two sides under different names', 'files on two sides under different names'],
  'same-sound': ['sound on two sides in different files', 'sounds on two sides in different files'],
};

/** `2 subjects on two sides: p1 (train + test), p7 (validation + test); 1 file on …`: how many of each, and which. */
export function describeLeaks(leaks: readonly Leak[]): string {
  const kinds = Object.keys(WORDS) as Leak['kind'][];
  const lines = kinds.flatMap((kind) => {
    const found = leaks.filter((leak) => leak.kind === kind);
    if (found.length === 0) return [];
    const names = found.map(
      ({ subject, names, parts }) => `${subject ?? sameNames(names)} (${parts.join(' + ')})`,
    );
    return [`${found.length} ${WORDS[kind][found.length === 1 ? 0 : 1]}: ${formatNames(names)}`];
  });
  return lines.join('; ');
}

/** `a = b`, and of many `a = b = 5 more`. */
function sameNames(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 2).join(' = ')} = ${names.length - 2} more` : names.join(' = ');
}

/** @throws DataError `split/leak` naming how much is on two sides, and which, where there is anything */
export function refuseLeaks(leaks: readonly Leak[]): void {
  if (leaks.length === 0) return;
  throw new DataError(
    'split/leak',
    printable(`the split leaks: ${describeLeaks(leaks)}`),
    'Put all recordings of a subject, and all copies of a sound, on one side (pcg-engine data split does), or give --allow-leaks for figures that are not to be believed',
  );
}

/** Whether what was read from a file is a leak. */
export function isLeak(value: unknown): value is Leak {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, names, parts, subject } = value as Record<string, unknown>;
  const words = (list: unknown) => Array.isArray(list) && list.every((each) => typeof each === 'string');
  return (
    Object.keys(WORDS).some((each) => each === kind) &&
    words(names) &&
    words(parts) &&
    (subject === undefined || typeof subject === 'string')
  );
}
