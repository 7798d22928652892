/** Task `extract`: from recordings to features. */
import { FeatureExtractor, type FeatureSettings } from '../../dsp/index.ts';
import type { RecordingEntry } from '../recording.ts';
import { openRecording, soundOf } from '../sound.ts';
import type { TaskModule } from './tasks.ts';

export interface ExtractSetup {
  readonly features: FeatureSettings;
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
}

export type ExtractItem = Pick<RecordingEntry, 'id' | 'path'> & { readonly samples?: Float32Array };

export function create({ features }: ExtractSetup) {
  const extractor = new FeatureExtractor(features);
  return async (item: ExtractItem): Promise<Extracted> => {
    const file = await openRecording(item);
    try {
      const { samples, sampleRate, hash, soundHash, seconds, warnings } = await soundOf(file, features);
      return { ...extractor.extract(samples, sampleRate, item.path), seconds, hash, soundHash, warnings };
    } finally {
      file.close();
    }
  };
}

export function transfer({ data }: Extracted): ArrayBuffer[] {
  return [data.buffer as ArrayBuffer];
}

({ create, transfer }) satisfies TaskModule<ExtractSetup, ExtractItem, Extracted>;
