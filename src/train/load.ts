import type { FeatureSettings } from '../dsp/index.ts';
import type { Backend } from '../tensor/index.ts';
import type { Example } from './batch.ts';
import type { FeatureCache } from './cache/store.ts';
import { DeviceFeatures } from './device-features.ts';
import { breathe } from './interruption.ts';
import { byCodeUnits, printable, type RecordingEntry } from './recording.ts';
import { readSound } from './sound.ts';
import type { Extracted, ExtractItem } from './workers/extract.ts';
import { failureOf } from './workers/failure.ts';
import { mapInWorkers, type Outcome } from './workers/map.ts';

export { failureOf } from './workers/failure.ts';

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
  /** SHA-256 of rate and mono samples, by recording id. */
  readonly soundHash: ReadonlyMap<string, string>;
  /** Sound in all, in seconds. */
  readonly seconds: number;
}

/** `2 of 3 recordings could not be used: 1 wav/truncated (…), 1 …`: counts by code, with the first message of each. */
export function summariseSkipped(skipped: readonly SkippedRecording[], total: number): string {
  const byCode = new Map<string, SkippedRecording[]>();
  for (const each of skipped) (byCode.get(each.code) ?? byCode.set(each.code, []).get(each.code)!).push(each);
  const counts = [...byCode]
    .sort(([a, as], [b, bs]) => bs.length - as.length || byCodeUnits(a, b))
    .map(
      ([code, each]) => `${each.length} ${code} (${each.length > 1 ? 'the first: ' : ''}${each[0]!.message})`,
    );
  return `${skipped.length} of ${total} recordings could not be used${counts.length > 0 ? ': ' : ''}${counts.join('; ')}`;
}

export interface LoadOptions {
  /** Where features are made: on it where it is a GPU, on the host otherwise and by default. */
  readonly backend?: Backend;
  /** Threads of the host; default: one for every core. The result is the same for any number. */
  readonly threads?: number | undefined;
  /** Features that are known already, on host devices. */
  readonly cache?: FeatureCache | undefined;
  /** As for `mapInWorkers`. */
  readonly worker?: URL;
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Reads recordings and makes their features. One that cannot be read is reported in `skipped`, and the others
 * go on.
 * @throws Interruption when `signal` is aborted
 */
export async function loadExamples(
  entries: readonly RecordingEntry[],
  features: FeatureSettings,
  options: LoadOptions = {},
): Promise<LoadedRecordings> {
  const { backend } = options;
  const examples: Example[] = [];
  const skipped: SkippedRecording[] = [];
  const warnings: string[] = [];
  const contentHash = new Map<string, string>();
  const soundHash = new Map<string, string>();
  let seconds = 0;
  const keep = (outcome: Outcome<Extracted>, index: number) => {
    const { id, label, site, group } = entries[index]!;
    if ('failure' in outcome) {
      skipped.push({ record: id, ...outcome.failure });
      return;
    }
    const { data, bands, frames, hash, cache } = outcome.value;
    if (cache) options.cache?.note(cache);
    examples.push({ id, label, site, group, data, bands, frames });
    contentHash.set(id, hash);
    soundHash.set(id, outcome.value.soundHash);
    warnings.push(...outcome.value.warnings.map(printable));
    seconds += outcome.value.seconds;
  };
  // A GPU makes spectrograms itself; every other device leaves them to the host, whose bits are the same everywhere.
  if (backend?.name === 'webgpu') await onDevice(entries, features, backend, options, keep);
  else await onHost(entries, features, options, keep);
  return { examples, skipped, warnings, contentHash, soundHash, seconds };
}

type Keep = (outcome: Outcome<Extracted>, index: number) => void;

async function onHost(
  entries: readonly RecordingEntry[],
  features: FeatureSettings,
  { threads, cache, worker, signal, progress }: LoadOptions,
  keep: Keep,
): Promise<void> {
  const items = entries.map((entry) => {
    const { id, path, samples, sampleRate } = entry as ExtractItem;
    return { id, path, ...(samples ? { samples } : {}), ...(sampleRate ? { sampleRate } : {}) };
  });
  await mapInWorkers('extract', { features, cache: cache?.setup }, items, {
    threads,
    worker,
    signal,
    onResult: keep,
    onProgress: progress,
  });
}

async function onDevice(
  entries: readonly RecordingEntry[],
  features: FeatureSettings,
  backend: Backend,
  { signal, progress }: LoadOptions,
  keep: Keep,
): Promise<void> {
  const device = new DeviceFeatures(features, backend);
  try {
    for (const [i, entry] of entries.entries()) {
      let outcome: Outcome<Extracted>;
      try {
        const { samples, sampleRate, ...sound } = await readSound(entry, features);
        outcome = { value: { ...(await device.read(samples, sampleRate, entry.path)), ...sound } };
      } catch (error) {
        outcome = { failure: failureOf(error, entry.path) };
      }
      keep(outcome, i);
      progress?.(i + 1, entries.length);
      if (i % 8 === 7) await breathe(signal);
    }
    await breathe(signal);
  } finally {
    device.dispose();
  }
}
