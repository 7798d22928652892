/** Task `extract`: from recordings to features. */
import { FeatureExtractor, type FeatureSettings } from '../../dsp/index.ts';
import { type CacheSetup, CacheShelf, type CacheUse } from '../cache/shelf.ts';
import type { RecordingEntry } from '../recording.ts';
import { openRecording, soundOf, warningsOf } from '../sound.ts';
import { nameWarning } from '../sound-file.ts';
import type { TaskModule } from './tasks.ts';

export interface ExtractSetup {
  readonly features: FeatureSettings;
  /** Where features are looked up first. Recordings in memory are not. */
  readonly cache?: CacheSetup | undefined;
}

/** Features of a recording, and what is known of its sound. */
export interface Extracted {
  /** [bands, frames], row-major. */
  readonly data: Float32Array;
  readonly bands: number;
  readonly frames: number;
  readonly secondsPerFrame: number;
  /** Of its sound. */
  readonly seconds: number;
  /** SHA-256 of the file. */
  readonly hash: string;
  /** SHA-256 of the mono samples. */
  readonly soundHash: string;
  readonly warnings: readonly string[];
  /** Where there is one, and the recording is a file. */
  readonly cache?: CacheUse;
}

/** A file, or samples in memory. */
export type ExtractItem = Pick<RecordingEntry, 'id' | 'path'> & {
  readonly samples?: Float32Array;
  readonly sampleRate?: number;
};

export function create({ features, cache }: ExtractSetup) {
  const extractor = new FeatureExtractor(features);
  const shelf = cache && new CacheShelf(cache, features);
  return async (item: ExtractItem): Promise<Extracted> => {
    const file = await openRecording(item);
    try {
      const hash = file.hash();
      const found = item.samples ? undefined : shelf?.find(hash);
      if (typeof found === 'object') {
        const { notes, ...rest } = found;
        const warnings = warningsOf(item.path, await nameWarning(file), notes);
        const use = { found: true, damaged: false, stored: 0 };
        return { ...rest, hash, warnings, cache: use };
      }
      const sound = await soundOf(file, features);
      const { notes, warnings, seconds, soundHash } = sound;
      const made = { ...extractor.extract(sound.samples, sound.sampleRate, item.path), seconds, soundHash };
      if (!shelf || found === undefined) return { ...made, hash, warnings };
      const put = sound.exact ? shelf.put(hash, { ...made, notes }) : { stored: 0 };
      const use = { found: false, damaged: found === 'damaged', ...put };
      return { ...made, hash, warnings, cache: use };
    } finally {
      file.close();
    }
  };
}

export function transfer({ data }: Extracted): ArrayBuffer[] {
  return [data.buffer as ArrayBuffer];
}

({ create, transfer }) satisfies TaskModule<ExtractSetup, ExtractItem, Extracted>;
