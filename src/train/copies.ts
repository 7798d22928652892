import { DisjointSets } from './disjoint-sets.ts';
import { byCodeUnits, type DatasetProblem, problemOf, type RecordingEntry } from './recording.ts';

/** What tells two recordings to be one, whatever they are called; each by recording id, and absent where not known. */
export interface Fingerprints {
  /** Hash of the file's bytes. */
  readonly contentHash?: ReadonlyMap<string, string>;
  /** Hash of the decoded samples: the same for a file with another header or in another container. */
  readonly soundHash?: ReadonlyMap<string, string>;
}

/** Recordings with the same bytes, or with the same samples in different files. */
export interface Copies {
  readonly kind: 'same-file' | 'same-sound';
  /** Ids of two recordings or more, in code-unit order. */
  readonly names: readonly string[];
}

/**
 * Recordings that are there more than once, in the order of their first names, files first. What is the same
 * file is not named again as the same sound.
 */
export function findCopies(
  recordings: readonly Pick<RecordingEntry, 'id'>[],
  { contentHash, soundHash }: Fingerprints,
): Copies[] {
  const ids = [...new Set(recordings.map(({ id }) => id))].sort(byCodeUnits);
  const sameFile = setsOf(ids, contentHash).map((names): Copies => ({ kind: 'same-file', names }));
  const known = new Set(sameFile.map(({ names }) => JSON.stringify(names)));
  const sameSound = setsOf(ids, soundHash)
    .filter((names) => !known.has(JSON.stringify(names)))
    .map((names): Copies => ({ kind: 'same-sound', names }));
  return [...sameFile, ...sameSound];
}

function setsOf(ids: readonly string[], hashes: ReadonlyMap<string, string> = new Map()): string[][] {
  const sets = new Map<string, string[]>();
  for (const id of ids) {
    const hash = hashes.get(id);
    if (hash === undefined) continue;
    const set = sets.get(hash);
    if (set) set.push(id);
    else sets.set(hash, [id]);
  }
  return [...sets.values()].filter((set) => set.length > 1);
}

/**
 * The recordings with their groups made as wide as they must be for a split that does not leak: groups that share
 * a patient, or a recording under two names, become one, under the first of their names in code-unit order.
 */
export function joinGroups(
  recordings: readonly RecordingEntry[],
  copies: readonly Copies[],
): RecordingEntry[] {
  const groups = new DisjointSets();
  const groupOf = new Map(recordings.map(({ id, group }) => [id, group]));
  for (const { names } of copies) {
    const [first, ...others] = names.flatMap((name) => groupOf.get(name) ?? []);
    if (first !== undefined) for (const other of others) groups.join(first, other);
  }
  const groupOfPatient = new Map<string, string>();
  for (const { patient, group } of recordings) {
    if (patient === undefined) continue;
    const known = groupOfPatient.get(patient);
    if (known === undefined) groupOfPatient.set(patient, group);
    else groups.join(known, group);
  }
  return recordings.map((recording) => {
    const group = groups.find(recording.group);
    return group === recording.group ? recording : { ...recording, group };
  });
}

/** What is to be said of copies: that they are there, and those whose labels contradict each other. */
export function copyProblems(
  recordings: readonly RecordingEntry[],
  copies: readonly Copies[],
): DatasetProblem[] {
  const labelOf = new Map(recordings.map(({ id, label }) => [id, label]));
  const namesOf = (sets: readonly Copies[]) => [...new Set(sets.flatMap(({ names }) => names))];
  const contradictory = copies.filter(
    ({ names }) => new Set(names.map((name) => labelOf.get(name))).size > 1,
  );
  return [
    problemOf(
      'same-file',
      'recordings are the same file as another and kept on its side of a split',
      namesOf(copies.filter(({ kind }) => kind === 'same-file')),
    ),
    problemOf(
      'same-sound',
      'recordings have the same samples as another and are kept on its side of a split',
      namesOf(copies.filter(({ kind }) => kind === 'same-sound')),
    ),
    problemOf(
      'same-sound-two-labels',
      'recordings have the same sound as another with a different label',
      namesOf(contradictory),
    ),
  ].filter(({ count }) => count > 0);
}
