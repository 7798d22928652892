import { EngineError } from '../base/errors.ts';
import { hashBytes, hashFile } from './hash.ts';
import type { RecordingEntry } from './recording.ts';
import type { SyntheticRecording } from './synth/index.ts';

/**
 * SHA-256 of each recording's file (of the samples for synthetic ones), by id. A file that cannot be read is left
 * out: whoever needs its sound says why.
 */
export function hashContent(entries: readonly RecordingEntry[]): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const entry of entries) {
    const { samples } = entry as SyntheticRecording;
    try {
      hashes.set(
        entry.id,
        samples
          ? hashBytes(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
          : hashFile(entry.path),
      );
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }
  return hashes;
}
