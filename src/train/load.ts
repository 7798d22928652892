import { DataError, EngineError } from '../base/errors.ts';
import { FeatureExtractor, type FeatureSettings, readWav } from '../dsp/index.ts';
import type { Example } from './batch.ts';
import { readBytes } from './files.ts';
import { hashBytes } from './hash.ts';
import { breathe } from './interruption.ts';
import type { RecordingEntry } from './recording.ts';
import type { SyntheticRecording } from './synth.ts';
import { SYNTH_RATE } from './synth.ts';

/** A recording that could not be used, and why. The others go on. */
export interface SkippedRecording {
  readonly record: string;
  readonly code: string;
  readonly message: string;
}

export interface LoadedRecordings {
  readonly examples: Example[];
  readonly skipped: readonly SkippedRecording[];
  /** What readers found odd but could read, as "name: warning". */
  readonly warnings: readonly string[];
  /** SHA-256 of each file (of the samples for synthetic ones), by recording id. */
  readonly contentHash: ReadonlyMap<string, string>;
  /** Sound in all, in seconds. */
  readonly seconds: number;
}

/** Sound shorter than this says nothing about a heart: less than one beat at rest. */
export const SHORTEST_SECONDS = 1;

/** One channel: the mean of all. */
export function mixDown(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0]!;
  return Float32Array.from(
    channels[0]!,
    (_, i) => channels.reduce((sum, channel) => sum + channel[i]!, 0) / channels.length,
  );
}

/** Sound of a file or of a synthetic recording. @throws DataError `wav/…`, `file/…`, `recording/too-short` */
export function readSound(entry: Pick<RecordingEntry, 'id' | 'path'>): {
  samples: Float32Array;
  sampleRate: number;
  hash: string;
  warnings: readonly string[];
} {
  const synthetic = (entry as SyntheticRecording).samples;
  const sound = synthetic ? fromMemory(synthetic) : fromFile(entry.path);
  const seconds = sound.samples.length / sound.sampleRate;
  if (seconds < SHORTEST_SECONDS) {
    throw new DataError(
      'recording/too-short',
      `${entry.path} is ${seconds.toFixed(3)} s long, too short to judge`,
      `At least ${SHORTEST_SECONDS} s are needed`,
    );
  }
  return sound;
}

function fromMemory(samples: Float32Array) {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return { samples, sampleRate: SYNTH_RATE, hash: hashBytes(bytes), warnings: [] };
}

function fromFile(path: string) {
  const bytes = readBytes(path);
  const wav = readWav(bytes, { name: path });
  const warnings = wav.warnings.map((warning) => `${path}: ${warning}`);
  return { samples: mixDown(wav.channels), sampleRate: wav.sampleRate, hash: hashBytes(bytes), warnings };
}

/**
 * Reads recordings and makes their features. One that cannot be read is reported in `skipped`, and the others
 * go on. Yields to the host between recordings, so that progress shows and an interruption is noticed.
 * @throws Interruption when `signal` is aborted
 */
export async function loadExamples(
  entries: readonly RecordingEntry[],
  features: FeatureSettings,
  hooks: { readonly progress?: (done: number, total: number) => void; readonly signal?: AbortSignal } = {},
): Promise<LoadedRecordings> {
  const extractor = new FeatureExtractor(features);
  const examples: Example[] = [];
  const skipped: SkippedRecording[] = [];
  const warnings: string[] = [];
  const contentHash = new Map<string, string>();
  let seconds = 0;
  for (const [i, entry] of entries.entries()) {
    try {
      const sound = readSound(entry);
      const { data, bands, frames } = extractor.extract(sound.samples, sound.sampleRate, entry.path);
      const { id, label, site, group } = entry;
      examples.push({ id, label, site, group, data, bands, frames });
      contentHash.set(id, sound.hash);
      warnings.push(...sound.warnings);
      seconds += sound.samples.length / sound.sampleRate;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      skipped.push({ record: entry.id, code: error.code, message: error.message });
    }
    hooks.progress?.(i + 1, entries.length);
    if (i % 8 === 7) await breathe(hooks.signal);
  }
  await breathe(hooks.signal);
  return { examples, skipped, warnings, contentHash, seconds };
}
