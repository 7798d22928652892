import { hashContent } from './content.ts';
import type { Fingerprints } from './copies.ts';
import { breathe } from './interruption.ts';
import type { RecordingEntry } from './recording.ts';

export interface FingerprintOptions {
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** How many files are read between two breaths. */
const BATCH = 32;

/**
 * What recordings are known by whatever they are called. Files that cannot be read are left out.
 * @throws Interruption when `signal` is aborted
 */
export async function fingerprint(
  recordings: readonly RecordingEntry[],
  { progress, signal }: FingerprintOptions = {},
): Promise<Required<Pick<Fingerprints, 'contentHash'>> & Fingerprints> {
  const contentHash = new Map<string, string>();
  for (let from = 0; from < recordings.length; from += BATCH) {
    const batch = recordings.slice(from, from + BATCH);
    for (const [id, hash] of hashContent(batch)) contentHash.set(id, hash);
    progress?.(from + batch.length, recordings.length);
    await breathe(signal);
  }
  return { contentHash };
}
