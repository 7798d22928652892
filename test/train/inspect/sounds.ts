import { Draws } from '../../../src/train/draws.ts';
import type { Dataset, RecordingEntry } from '../../../src/train/recording.ts';
import { type SyntheticRecording, synthDataset } from '../../../src/train/synth/index.ts';
import { data, file, float, fmt, interleaved } from '../../dsp/wav-files.ts';

/** A recording that lives in memory, as `synthDataset` makes them. */
export type Held = RecordingEntry & { readonly samples: Float32Array };

export const RATE = 2000;

/** Made-up heart sounds, one to three recordings a subject. */
export function hearts(recordings: number, seconds: number, seed = 5): readonly SyntheticRecording[] {
  return synthDataset({ recordings, seconds, seed }).recordings;
}

export function held(id: string, samples: Float32Array, more: Partial<RecordingEntry> = {}): Held {
  return { id, path: `synthetic:${id}`, site: 's', group: id, label: 0, ...more, samples };
}

export function datasetOf(recordings: readonly RecordingEntry[], classes = ['normal', 'abnormal']): Dataset {
  const sorted = [...recordings].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { layout: 'synthetic', root: 'memory', classes, recordings: sorted, excluded: [], problems: [] };
}

/** A WAV file of 32-bit floats. */
export function floatWav(...channels: readonly Float32Array[]): Uint8Array {
  const header = fmt({ tag: 3, bits: 32, channels: channels.length, rate: RATE });
  return file([header, data(float([...interleaved(channels)], 32, true))]);
}

/** Uniform noise within ±size. */
export function noise(length: number, size: number, seed: number): Float32Array {
  const draws = new Draws(seed, 99);
  return Float32Array.from({ length }, () => size * ((2 * draws.word()) / 4294967295 - 1));
}

/** Rounded to steps of so many bits. */
export function quantised(samples: Float32Array, bits: number): Float32Array {
  const steps = 2 ** (bits - 1);
  return samples.map((x) => Math.round(x * steps) / steps);
}

/** Through the 8-bit µ-law of ITU-T G.711, in its continuous form. */
export function throughMulaw(samples: Float32Array): Float32Array {
  return samples.map((x) => {
    const code = Math.round(127 * (Math.log(1 + 255 * Math.abs(x)) / Math.log(256)));
    return (Math.sign(x) * (256 ** (code / 127) - 1)) / 255;
  });
}

export function joinedSounds(...parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
