/** Task `inspect`: what is known of the sound of one recording, and its fingerprint. */
import { createHash } from 'node:crypto';
import { decibel } from '../../dsp/decibel.ts';
import { Resampler } from '../../dsp/resample.ts';
import type { RecordingEntry } from '../recording.ts';
import { mixDown, openRecording } from '../sound.ts';
import { FINGERPRINT_RATE, type Fingerprint, fingerprint } from './fingerprint.ts';
import { ChannelMeter, SilenceMeter } from './levels.ts';
import { WelchBands } from './spectrum.ts';

/** Amplitudes are shares of full scale; of several channels the worst counts for offset, peak and clipping. */
export interface SoundFacts {
  /** SHA-256 of the file's bytes. */
  readonly hash: string;
  /** SHA-256 of rate and mono samples: the same where files differ in form only. */
  readonly soundHash: string;
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
  readonly seconds: number;
  /** Such as `pcm 16` or `mulaw 8`; null where the reader does not say. */
  readonly encoding: string | null;
  /** Of the reader. */
  readonly warnings: readonly string[];
  /** Samples that are no numbers; they count as 0 here, and training refuses the recording. */
  readonly notFinite: number;
  /** Whether all samples of the mean of the channels are the same: there is nothing to hear, and training refuses it. */
  readonly flat: boolean;
  /** Level without the mean, dB against full scale (a full-scale sine has −3.01); null for constants. */
  readonly rmsDb: number | null;
  /** Largest |x|, dB against full scale; null for digital silence. */
  readonly peakDb: number | null;
  /** Mean of the samples. */
  readonly dcOffset: number;
  /** Share of samples; see `ChannelMeter`. */
  readonly clipped: number;
  /** Share of half-second windows 40 dB below the recording's own loud ones. */
  readonly silent: number;
  /** Share of half-second windows without any change. */
  readonly dead: number;
  /** Third-octave bands from 20 Hz, dB against their sum; null where there is no sound. */
  readonly spectrum: readonly number[] | null;
}

export interface InspectedFile {
  readonly facts: SoundFacts;
  readonly fingerprint: Fingerprint;
}

/** Recordings that live in memory bring their samples, and their rate in Hz. */
export type InspectItem = Pick<RecordingEntry, 'id' | 'path'> & {
  readonly samples?: Float32Array;
  readonly sampleRate?: number;
};

export function create() {
  return async (item: InspectItem): Promise<InspectedFile> => {
    const file = await openRecording(item);
    try {
      const hash = file.hash();
      const stream = await file.open();
      const { sampleRate, channels } = stream;
      const limited = !stream.encoding?.startsWith('float');
      const meters = Array.from({ length: channels }, () => new ChannelMeter(limited));
      const mono = new MonoMeters(sampleRate, item.path);
      let notFinite = 0;
      for await (const block of stream.blocks()) {
        const clean = block.map((channel) => {
          const bad = channel.reduce((count, x) => count + (Number.isFinite(x) ? 0 : 1), 0);
          notFinite += bad;
          return bad === 0 ? channel : channel.map((x) => (Number.isFinite(x) ? x : 0));
        });
        for (const [c, channel] of clean.entries()) meters[c]!.take(channel);
        mono.take(mixDown(clean));
      }
      file.checkUnchanged();
      const worst = meters.map((meter) => meter.finish());
      const most = (of: (figures: (typeof worst)[number]) => number) =>
        worst.reduce((a, b) => (Math.abs(of(b)) > Math.abs(of(a)) ? b : a));
      const { print, constant, ...sound } = mono.finish();
      const facts: SoundFacts = {
        hash,
        sampleRate,
        channels,
        encoding: stream.encoding ?? null,
        warnings: [...stream.warnings],
        notFinite,
        flat: constant && notFinite === 0,
        peakDb: amplitudeDb(most(({ peak }) => peak).peak),
        dcOffset: most(({ dcOffset }) => dcOffset).dcOffset,
        clipped: most(({ clipped }) => clipped).clipped,
        rmsDb: amplitudeDb(most(({ rms }) => rms).rms),
        ...sound,
      };
      return { facts, fingerprint: print };
    } finally {
      file.close();
    }
  };
}

export function transfer({ fingerprint: { places, bits } }: InspectedFile): ArrayBuffer[] {
  return [places.buffer as ArrayBuffer, bits.buffer as ArrayBuffer];
}

/** What is measured on the mean of all channels. */
class MonoMeters {
  private readonly rate: number;
  private readonly silence: SilenceMeter;
  private readonly bands: WelchBands;
  private readonly resampler: Resampler | null;
  private readonly hash = createHash('sha256');
  private readonly parts: Float32Array[] = [];
  private frames = 0;
  private first = 0;
  private constant = true;

  constructor(rate: number, path: string) {
    this.rate = rate;
    this.silence = new SilenceMeter(rate);
    this.bands = new WelchBands(rate);
    this.resampler = rate === FINGERPRINT_RATE ? null : new Resampler(rate, FINGERPRINT_RATE, path);
    this.hash.update(`${rate} Hz\n`);
  }

  take(samples: Float32Array): void {
    if (samples.length === 0) return;
    if (this.frames === 0) this.first = samples[0]!;
    if (this.constant) this.constant = samples.every((x) => x === this.first);
    this.frames += samples.length;
    this.hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    this.silence.take(samples);
    this.bands.take(samples);
    this.parts.push(this.resampler ? this.resampler.push(samples) : samples.slice());
  }

  finish() {
    if (this.resampler) this.parts.push(this.resampler.end());
    return {
      soundHash: this.hash.digest('hex'),
      seconds: this.frames / this.rate,
      constant: this.constant,
      ...this.silence.finish(),
      spectrum: this.bands.finish(),
      print: fingerprint(joined(this.parts)),
    };
  }
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** 20·log10, null for 0. */
function amplitudeDb(x: number): number | null {
  return x > 1e-100 ? decibel(x * x) : null;
}
