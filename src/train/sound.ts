/** From a recording to its sound: one channel at the rate of the features, in as little memory as that takes. */
import { createHash } from 'node:crypto';
import { DataError } from '../base/errors.ts';
import {
  type ChannelChoice,
  checkResampling,
  type FeatureSettings,
  findNotFinite,
  Resampler,
  resampledLength,
} from '../dsp/index.ts';
import { hashBytes } from './hash.ts';
import type { RecordingEntry } from './recording.ts';
import { nameWarning, openSound, type SoundFile } from './sound-file.ts';
import type { SyntheticRecording } from './synth/index.ts';
import { SYNTH_RATE } from './synth/options.ts';

export interface Sound {
  /** Mono. */
  readonly samples: Float32Array;
  /** Hz: that of the features. */
  readonly sampleRate: number;
  /** SHA-256 of the file; of the samples for synthetic recordings. */
  readonly hash: string;
  /** SHA-256 of rate and mono samples as recorded: the same for the same sound in files that differ in form only. */
  readonly soundHash: string;
  /** Of the recording. */
  readonly seconds: number;
  /** Whether it follows from the file alone, and not from the version of a decoder as well. */
  readonly exact: boolean;
  /** What is odd about it whatever its name, each to be put behind its path. */
  readonly notes: readonly string[];
  /** The same with the path, and what is odd about its name. */
  readonly warnings: readonly string[];
}

/** Sound shorter than this says nothing about a heart: less than one beat at rest. */
export const SHORTEST_SECONDS = 1;

/**
 * How a block of several channels becomes one.
 * @param channels how many there are
 * @throws DataError `recording/channel` when the one that is wanted is not there
 */
export function monoOf(
  channels: number,
  channel: ChannelChoice,
  path: string,
): (block: readonly Float32Array[]) => Float32Array {
  if (channel === 'mix') return mixDown;
  if (Number.isInteger(channel) && channel >= 1 && channel <= channels) return (block) => block[channel - 1]!;
  const what = `${path} has no channel ${channel}: it has ${channels === 1 ? 'one' : `1 to ${channels}`}`;
  throw new DataError(
    'recording/channel',
    what,
    'The feature setting "channel" asks for it; mix takes the mean',
  );
}

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
 * @param features what it will be judged by; of several channels it takes that of `channel`
 * @throws DataError `wav/…`, `file/…`; `recording/channel`; `recording/too-short`; `recording/flat` all samples of the
 *   channel are the same; `recording/rate` less than half of the band of the features is in it; `dsp/not-finite`
 */
export async function readSound(
  entry: Pick<RecordingEntry, 'id' | 'path'>,
  features: FeatureSettings,
): Promise<Sound> {
  const file = await openRecording(entry);
  try {
    const hash = file.hash();
    return { hash, ...(await soundOf(file, features)) };
  } finally {
    file.close();
  }
}

/**
 * The file of a recording, or samples in memory as one. Close it.
 * @throws DataError `wav/…`, `file/…`
 */
export async function openRecording(entry: Pick<RecordingEntry, 'id' | 'path'>): Promise<SoundFile> {
  const { samples, sampleRate = SYNTH_RATE } = entry as SyntheticRecording;
  if (!samples) return openSound(entry.path);
  return {
    path: entry.path,
    hash: () => hashBytes(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)),
    open: async () => ({
      sampleRate,
      channels: 1,
      frames: samples.length,
      warnings: [],
      exact: true,
      async *blocks() {
        yield [samples];
      },
    }),
    checkUnchanged: () => {},
    close: () => {},
  };
}

/** `readSound` of a file that is open, but for its hash. */
export async function soundOf(file: SoundFile, features: FeatureSettings): Promise<Omit<Sound, 'hash'>> {
  const { path } = file;
  const ofName = await nameWarning(file);
  const stream = await file.open();
  const mono = monoOf(stream.channels, features.channel ?? 'mix', path);
  const intake = new Intake(path, stream.sampleRate, stream.frames, features);
  for await (const block of stream.blocks()) intake.take(mono(block));
  file.checkUnchanged();
  const { rateNote, ...sound } = intake.finish();
  const ofContent = stream.warnings.filter((warning) => warning !== ofName);
  const notes = [...ofContent.map((warning) => `: ${warning}`), ...rateNote];
  return { ...sound, exact: stream.exact, notes, warnings: warningsOf(path, ofName, notes) };
}

/** @param ofName of `nameWarning` */
export function warningsOf(path: string, ofName: string | null, notes: readonly string[]): string[] {
  return [...(ofName === null ? [] : [`: ${ofName}`]), ...notes].map((note) => path + note);
}

/** Takes a mono sound block by block, keeps it at the rate of the features, and what must be known of all of it. */
class Intake {
  private readonly path: string;
  private readonly rate: number;
  private readonly features: FeatureSettings;
  private readonly resampler: Resampler | null;
  private readonly hash = createHash('sha256');
  private kept: Float32Array;
  private length = 0;
  private count = 0;
  private first = Number.NaN;
  private flat = true;
  private badAt = -1;
  private bad = 0;

  /** @param frames as many samples as are there at `rate` */
  constructor(path: string, rate: number, frames: number, features: FeatureSettings) {
    const { sampleRate } = features;
    this.path = path;
    this.rate = rate;
    this.features = features;
    // Of one whose rate is too low nothing is kept: it is refused in the end.
    const heard = rate >= features.logMel.fMax;
    if (heard) checkResampling(frames, rate, sampleRate, path);
    this.resampler = heard ? new Resampler(rate, sampleRate, path) : null;
    this.kept = new Float32Array(heard ? resampledLength(frames, rate, sampleRate) : 0);
    this.hash.update(`${rate} Hz\n`);
  }

  take(samples: Float32Array): void {
    if (samples.length === 0) return;
    if (this.count === 0) this.first = samples[0]!;
    if (this.flat) this.flat = isConstant(samples, this.first);
    if (this.badAt < 0) {
      const at = findNotFinite(samples);
      if (at >= 0) [this.badAt, this.bad] = [this.count + at, samples[at]!];
    }
    this.hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    this.count += samples.length;
    if (!this.resampler) return;
    this.keep(this.rate === this.features.sampleRate ? samples : this.resampler.push(samples));
  }

  finish() {
    const { path, rate, count } = this;
    const seconds = count / rate;
    if (seconds < SHORTEST_SECONDS) {
      throw new DataError(
        'recording/too-short',
        `${path} is ${seconds.toFixed(3)} s long, too short to judge`,
        `At least ${SHORTEST_SECONDS} s are needed`,
      );
    }
    if (this.flat) {
      const what = `${path} holds no sound: all ${count} samples are ${this.first}`;
      throw new DataError('recording/flat', what, 'Leave it out');
    }
    const rateNote = checkRate(rate, this.features, path);
    if (this.badAt >= 0) {
      const what = `${path}: sample ${this.badAt} of ${count} is ${this.bad}`;
      throw new DataError('dsp/not-finite', what, 'Repair or leave it out');
    }
    if (this.resampler) this.keep(this.resampler.end());
    const samples = this.length === this.kept.length ? this.kept : this.kept.slice(0, this.length);
    const { sampleRate } = this.features;
    return { samples, sampleRate, soundHash: this.hash.digest('hex'), seconds, rateNote };
  }

  private keep(part: Float32Array): void {
    if (this.length + part.length > this.kept.length) {
      const larger = new Float32Array(Math.max(2 * this.kept.length, this.length + part.length));
      larger.set(this.kept.subarray(0, this.length));
      this.kept = larger;
    }
    this.kept.set(part, this.length);
    this.length += part.length;
  }
}

function isConstant(samples: Float32Array, value: number): boolean {
  for (let i = 0; i < samples.length; i++) if (samples[i] !== value) return false;
  return true;
}

/** A rate of r Hz holds sound up to r/2 Hz: too little of the features' band is an error, a part missing a warning. */
function checkRate(sampleRate: number, { logMel: { fMax } }: FeatureSettings, path: string): string[] {
  if (sampleRate >= 2 * fMax) return [];
  const what = ` has ${sampleRate} samples a second, so nothing above ${sampleRate / 2} Hz, of ${fMax} Hz that are judged`;
  if (sampleRate >= fMax) return [what];
  throw new DataError('recording/rate', path + what, `At least ${fMax} samples a second are needed`);
}
