import { createHash } from 'node:crypto';
import { EngineError } from '../base/errors.ts';
import type { ChannelChoice } from '../dsp/index.ts';
import type { Fingerprints } from './copies.ts';
import { hashBytes } from './hash.ts';
import { breathe } from './interruption.ts';
import type { RecordingEntry } from './recording.ts';
import { monoOf, openRecording } from './sound.ts';

export interface FingerprintOptions {
  /** What of their sound will be used: only that is compared. Default `mix`. */
  readonly channel?: ChannelChoice;
  /** The total grows once it is known which sounds must be compared. */
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Milliseconds of work after which the host may handle signals and draw. */
const BREATH = 20;

export interface FoundPrints extends Required<Fingerprints> {
  /** Hash of every file that could be read, with sound or without. */
  readonly fileHash: ReadonlyMap<string, string>;
}

/**
 * What recordings are known by whatever they are called: the hash of each file, and, of WAV and FLAC files that have as
 * many samples at the same rate as another one, the hash of the mono samples. Others cannot have the same samples, so
 * their sound is not decoded. Their bytes tell what they are, not their names. MP3, which keeps no samples as they
 * were, is compared as files only.
 *
 * Files without sound (empty, damaged, all samples the same) are like no other: nobody can learn from them.
 *
 * @throws Interruption when `signal` is aborted
 */
export async function fingerprint(
  recordings: readonly RecordingEntry[],
  { channel = 'mix', progress, signal }: FingerprintOptions = {},
): Promise<FoundPrints> {
  const fileHash = new Map<string, string>();
  const contentHash = new Map<string, string>();
  const soundHash = new Map<string, string>();
  let done = 0;
  let last = performance.now();
  const each = async <T>(list: readonly T[], total: number, body: (item: T) => unknown) => {
    for (const item of list) {
      try {
        await body(item);
      } catch (error) {
        // Whoever needs its sound says what is wrong with it.
        if (!(error instanceof EngineError)) throw error;
      }
      progress?.((done += 1), total);
      if (performance.now() - last < BREATH) continue;
      await breathe(signal);
      last = performance.now();
    }
    await breathe(signal);
  };

  const byLength = new Map<string, RecordingEntry[]>();
  await each(recordings, recordings.length, async (entry) => {
    const file = await openRecording(entry);
    try {
      const hash = file.hash();
      fileHash.set(entry.id, hash);
      const kind = await file.compression?.();
      if (kind === null || kind === 'FLAC') {
        const { frames, sampleRate } = await file.open();
        const length = `${frames} at ${sampleRate} Hz`;
        const alike = byLength.get(length);
        if (alike) alike.push(entry);
        else byLength.set(length, [entry]);
      }
      if (hash !== EMPTY) contentHash.set(entry.id, hash);
    } finally {
      file.close();
    }
  });

  const alike = [...byLength.values()].filter((entries) => entries.length > 1).flat();
  const byContent = new Map(alike.map((entry) => [contentHash.get(entry.id)!, entry]));
  const sounds = new Map<string, string | null>();
  await each([...byContent], recordings.length + byContent.size, async ([content, entry]) => {
    sounds.set(content, null);
    sounds.set(content, await hashSound(entry, channel));
  });
  for (const [id, content] of [...contentHash]) {
    const sound = sounds.get(content);
    if (sound === null) contentHash.delete(id);
    else if (sound !== undefined) soundHash.set(id, sound);
  }
  return { fileHash, contentHash, soundHash };
}

const EMPTY = hashBytes('');

/** SHA-256 of rate and mono samples; null where all are the same. */
async function hashSound(entry: RecordingEntry, channel: ChannelChoice): Promise<string | null> {
  const file = await openRecording(entry);
  try {
    const stream = await file.open();
    const mono = monoOf(stream.channels, channel, entry.path);
    const hash = createHash('sha256').update(`${stream.sampleRate} Hz\n`);
    let first: number | undefined;
    let flat = true;
    for await (const block of stream.blocks()) {
      const samples = mono(block);
      first ??= samples[0];
      if (flat) flat = samples.every((sample) => sample === first);
      hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    }
    return flat ? null : hash.digest('hex');
  } finally {
    file.close();
  }
}
