import { DataError } from '../base/errors.ts';
import type { Fingerprints } from './copies.ts';
import { findLeaks, type Leak, refuseLeaks } from './leaks.ts';
import { byCodeUnits, printable, type RecordingEntry } from './recording.ts';
import { PARTS, type Part, type Split } from './split.ts';

/** Recordings by part, and what a given split and the data set do not have in common. */
export interface AppliedSplit {
  readonly train: readonly RecordingEntry[];
  readonly validation: readonly RecordingEntry[];
  readonly test: readonly RecordingEntry[];
  /** Ids of the split that the data set does not have. */
  readonly missing: readonly string[];
  /** Ids of the data set that the split does not name; they are used nowhere. */
  readonly unassigned: readonly string[];
  /** What is on more than one side; empty unless leaks were allowed. */
  readonly leaks: readonly Leak[];
}

export interface ApplySplitOptions extends Fingerprints {
  /** Say what leaks in `leaks` instead of refusing it. Default false. */
  readonly allowLeaks?: boolean;
}

/**
 * Divides recordings as a split says, and refuses one that leaks.
 *
 * @throws DataError `split/leak` something on two sides, see `findLeaks` · `split/duplicate` an id twice in one part ·
 *   `split/empty-part`
 */
export function applySplit(
  split: Split,
  recordings: readonly RecordingEntry[],
  { allowLeaks = false, ...fingerprints }: ApplySplitOptions = {},
): AppliedSplit {
  const byId = new Map(recordings.map((recording) => [recording.id, recording]));
  const named = new Set<string>();
  const take = (part: Part): RecordingEntry[] => {
    const ids = new Set<string>();
    for (const id of split.parts[part]) {
      if (ids.has(id)) {
        throw new DataError('split/duplicate', printable(`the split has recording "${id}" twice in ${part}`));
      }
      ids.add(id);
      named.add(id);
    }
    return recordings.filter(({ id }) => ids.has(id));
  };
  const parts = { train: take('train'), validation: take('validation'), test: take('test') };
  const leaks = findLeaks(parts, fingerprints, recordings);
  if (!allowLeaks) refuseLeaks(leaks);
  for (const part of PARTS) {
    if (parts[part].length > 0) continue;
    const message = `the split leaves no recording for ${part} (${split.parts[part].length} named, none found)`;
    throw new DataError('split/empty-part', message, 'Give the split that was made for these recordings');
  }
  const missing = [...named].filter((id) => !byId.has(id)).sort(byCodeUnits);
  const unassigned = recordings.map(({ id }) => id).filter((id) => !named.has(id));
  return { ...parts, missing, unassigned, leaks };
}
