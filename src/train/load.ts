import { DataError, DeviceError, EngineError } from '../base/errors.ts';
import { FeatureExtractor, type FeatureSettings, readWav } from '../dsp/index.ts';
import type { Backend } from '../tensor/index.ts';
import type { Example } from './batch.ts';
import { DeviceFeatures } from './device-features.ts';
import { readBytes } from './files.ts';
import { hashBytes } from './hash.ts';
import { breathe } from './interruption.ts';
import { byCodeUnits, printable, type RecordingEntry } from './recording.ts';
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
  const mixed = new Float32Array(channels[0]!.length);
  for (let i = 0; i < mixed.length; i++) {
    let sum = 0;
    for (const channel of channels) sum += channel[i]!;
    mixed[i] = sum / channels.length;
  }
  return mixed;
}

/**
 * Sound of a file or of a synthetic recording, refused where nothing can be heard in it.
 * @param features what it will be judged by
 * @throws DataError `wav/…`, `file/…`; `recording/too-short`; `recording/flat` all samples are the same, once
 *   channels are mixed; `recording/rate` less than half of the band of the features is in it
 */
export function readSound(
  entry: Pick<RecordingEntry, 'id' | 'path'>,
  features: FeatureSettings,
): {
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
  const first = sound.samples[0];
  if (sound.samples.every((sample) => sample === first)) {
    throw new DataError(
      'recording/flat',
      `${entry.path} holds no sound: all ${sound.samples.length} samples are ${first}`,
      'Leave it out',
    );
  }
  const warning = checkRate(sound.sampleRate, features, entry.path);
  return warning === undefined ? sound : { ...sound, warnings: [...sound.warnings, warning] };
}

/** A rate of r Hz holds sound up to r/2 Hz: too little of the features' band is an error, a part missing a warning. */
function checkRate(sampleRate: number, { logMel: { fMax } }: FeatureSettings, path: string) {
  if (sampleRate >= 2 * fMax) return undefined;
  const what = `${path} has ${sampleRate} samples a second, so nothing above ${sampleRate / 2} Hz, of ${fMax} Hz that are judged`;
  if (sampleRate >= fMax) return what;
  throw new DataError('recording/rate', what, `At least ${fMax} samples a second are needed`);
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
 * Why one recording of many could not be used. Anything but an error of the engine or too little memory for
 * this one is thrown again.
 */
export function failureOf(error: unknown, path: string): { readonly code: string; readonly message: string } {
  if (error instanceof DeviceError) throw error;
  if (error instanceof EngineError) return { code: error.code, message: printable(error.message) };
  // "Array buffer allocation failed", "Invalid typed array length: …"
  if (!(error instanceof RangeError && /\barray\b/i.test(error.message))) throw error;
  return { code: 'recording/memory', message: printable(`${path} is too long for this machine's memory`) };
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
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Reads recordings and makes their features. One that cannot be read is reported in `skipped`, and the others
 * go on. Yields to the host between recordings, so that progress shows and an interruption is noticed.
 * @throws Interruption when `signal` is aborted
 */
export async function loadExamples(
  entries: readonly RecordingEntry[],
  features: FeatureSettings,
  options: LoadOptions = {},
): Promise<LoadedRecordings> {
  const { backend, progress, signal } = options;
  // A GPU makes spectrograms itself; every other device leaves them to the host, whose bits are the same everywhere.
  const device = backend?.name === 'webgpu' ? new DeviceFeatures(features, backend) : null;
  const host = new FeatureExtractor(features);
  const examples: Example[] = [];
  const skipped: SkippedRecording[] = [];
  const warnings: string[] = [];
  const contentHash = new Map<string, string>();
  let seconds = 0;
  try {
    for (const [i, entry] of entries.entries()) {
      try {
        const sound = readSound(entry, features);
        const { samples, sampleRate } = sound;
        const { data, bands, frames } = device
          ? await device.read(samples, sampleRate, entry.path)
          : host.extract(samples, sampleRate, entry.path);
        const { id, label, site, group } = entry;
        examples.push({ id, label, site, group, data, bands, frames });
        contentHash.set(id, sound.hash);
        warnings.push(...sound.warnings.map(printable));
        seconds += sound.samples.length / sound.sampleRate;
      } catch (error) {
        skipped.push({ record: entry.id, ...failureOf(error, entry.path) });
      }
      progress?.(i + 1, entries.length);
      if (i % 8 === 7) await breathe(signal);
    }
    await breathe(signal);
  } finally {
    device?.dispose();
  }
  return { examples, skipped, warnings, contentHash, seconds };
}
