import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { fileError, requireRegular } from './files.ts';
import { byCodeUnits, type RecordingEntry } from './recording.ts';

const CHUNK = 1 << 20;

/** SHA-256 of bytes or of text as UTF-8, in lower-case hexadecimal. */
export function hashBytes(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * SHA-256 of a file's content, read in pieces so that size does not matter.
 * @throws DataError `file/…` when it cannot be read
 */
export function hashFile(path: string): string {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK);
  let file: number;
  requireRegular(path);
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw fileError('read', path, cause);
  }
  try {
    for (;;) {
      const count = readSync(file, chunk);
      if (count === 0) return hash.digest('hex');
      hash.update(chunk.subarray(0, count));
    }
  } catch (cause) {
    throw fileError('read', path, cause);
  } finally {
    closeSync(file);
  }
}

/**
 * One hash for a set of recordings: over a line `id, group, site, label, content hash` each, sorted by id.
 * It changes when a sound, a label or a subject changes, and not when the folder moves.
 *
 * @param contentHash by recording id, for example from `hashFile`
 */
export function hashRecordings(
  recordings: readonly RecordingEntry[],
  contentHash: ReadonlyMap<string, string>,
): string {
  const lines = recordings.map(({ id, group, site, label }) =>
    JSON.stringify([id, group, site, label, contentHash.get(id) ?? null]),
  );
  return hashBytes(lines.sort().join('\n'));
}

/** Hashes by recording id as JSON holds them, in the code-unit order of ids. */
export function recordOf(hashes: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...hashes].sort(([a], [b]) => byCodeUnits(a, b)));
}
