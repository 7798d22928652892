import { type AppliedSplit, applySplit } from './apply-split.ts';
import { copyProblems, findCopies, joinGroups } from './copies.ts';
import { type FingerprintOptions, type FoundPrints, fingerprint } from './fingerprint.ts';
import type { Dataset, DatasetProblem, RecordingEntry } from './recording.ts';
import type { Split } from './split.ts';
import { makeSplit } from './stratify.ts';

/** Recordings whose groups are as wide as they must be for a split that does not leak. */
export interface Divisible {
  readonly recordings: readonly RecordingEntry[];
  readonly fingerprints: FoundPrints;
  /** Copies under other names, and those with contradictory labels. */
  readonly problems: readonly DatasetProblem[];
}

/**
 * Listens for copies before a split is drawn: recordings that are the same under two names count as one subject.
 * @throws Interruption when `signal` is aborted
 */
export async function divisible(
  recordings: readonly RecordingEntry[],
  options: FingerprintOptions = {},
): Promise<Divisible> {
  const fingerprints = await fingerprint(recordings, options);
  const copies = findCopies(recordings, fingerprints);
  return {
    recordings: joinGroups(recordings, copies),
    fingerprints,
    problems: copyProblems(recordings, copies),
  };
}

export interface PrepareOptions extends FingerprintOptions {
  /** For a split that is drawn. */
  readonly seed: number;
  /** Recordings by part; drawn where missing. */
  readonly split?: Split;
  /** Take a given split that leaks. Default false. */
  readonly allowLeaks?: boolean;
}

export interface Prepared {
  readonly split: Split;
  readonly parts: AppliedSplit;
  /** Of every file that could be read. */
  readonly fileHash: ReadonlyMap<string, string>;
  readonly problems: readonly DatasetProblem[];
}

/**
 * Which recordings train, validate and test, before any sound is used. A split that is drawn here never leaks
 * as far as groups, patients, files and samples tell.
 *
 * @throws DataError `split/…` · Interruption when `signal` is aborted
 */
export async function prepareParts(
  { recordings, classes }: Pick<Dataset, 'recordings' | 'classes'>,
  { seed, split: given, allowLeaks = false, ...options }: PrepareOptions,
): Promise<Prepared> {
  // Those in no part as well: they may show that two subjects, one on each side, are the same.
  const { recordings: joined, fingerprints } = await divisible(recordings, options);
  const split = given ?? makeSplit(joined, { seed, classes });
  const { contentHash, soundHash } = fingerprints;
  const parts = applySplit(split, recordings, { contentHash, soundHash, allowLeaks });
  const unused = new Set(parts.unassigned);
  const used = recordings.filter(({ id }) => !unused.has(id));
  const problems = copyProblems(used, findCopies(used, fingerprints));
  return { split, parts, fileHash: fingerprints.fileHash, problems };
}
