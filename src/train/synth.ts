import { UsageError } from '../base/errors.ts';
import { exp, pow, sin } from '../base/math.ts';
import { Draws, STREAMS } from './draws.ts';
import { byCodeUnits, type Dataset, type RecordingEntry } from './recording.ts';
import { addNoise, bandNoise, shelf } from './synth-noise.ts';

/**
 * Made-up heart sounds, so that training can be tried and tested without any data.
 *
 * THESE ARE NOT CLINICAL. They imitate the timing of heart sounds and one kind of murmur, with numbers of
 * textbook order; nothing that holds for them says anything about patients.
 *
 * A recording is a train of beats with a rate that breathes and wanders; S1 and S2 are short bursts of low
 * sine waves; `abnormal` ones have a murmur (band-limited noise) in systole, loud to hardly audible, and some
 * `normal` ones a faint low one, so that no model can be right on all. Sites differ in level, colour, noise
 * and share of abnormal recordings; subjects differ in rate, heart sounds and murmur.
 */

/** Samples a second. */
export const SYNTH_RATE = 2000;

export const SYNTH_CLASSES = ['normal', 'abnormal'] as const;

export interface SyntheticRecording extends RecordingEntry {
  /** Mono, within ±1, at `SYNTH_RATE`. */
  readonly samples: Float32Array;
}

export interface SyntheticDataset extends Dataset {
  readonly recordings: readonly SyntheticRecording[];
}

export interface SynthOptions {
  readonly recordings: number;
  /** Length of each recording. */
  readonly seconds: number;
  readonly seed: number;
}

interface Site {
  readonly name: string;
  /** Share of subjects who are abnormal, as a weight of positions in a cycle of ten. */
  readonly abnormalOfTen: number;
  /** Peak level of a typical recording. */
  readonly level: number;
  /** Background noise relative to the heart sounds. */
  readonly noise: number;
  /** Gain of what is above 150 Hz relative to what is below: the stethoscope's colour. */
  readonly treble: number;
}

const SITES: readonly Site[] = [
  { name: 'synthetic-a', abnormalOfTen: 6, level: 0.8, noise: 0.03, treble: 1.0 },
  { name: 'synthetic-b', abnormalOfTen: 4, level: 0.3, noise: 0.06, treble: 0.6 },
  { name: 'synthetic-c', abnormalOfTen: 5, level: 0.5, noise: 0.045, treble: 1.5 },
];

/** What stays the same from one recording of a subject to the next. */
interface Subject {
  readonly label: 0 | 1;
  /** Beats a minute. */
  readonly rate: number;
  /** Frequencies of S1 and S2, Hz. */
  readonly s1: number;
  readonly s2: number;
  /** S2 relative to S1. */
  readonly s2Level: number;
  readonly murmur: Murmur | null;
}

interface Murmur {
  /** Peak relative to S1. */
  readonly level: number;
  /** Band, Hz. */
  readonly low: number;
  readonly high: number;
  /** Where in systole the peak is: 0 begin, 1 end. */
  readonly peak: number;
}

/**
 * A data set of made-up recordings that lives in memory, one to three recordings a subject, sites and classes
 * mixed. Recording `n` depends on the seed, on `n` and on `seconds` only, not on how many there are.
 *
 * @throws UsageError `synth/options`
 */
export function synthDataset(options: SynthOptions): SyntheticDataset {
  const { recordings: count, seconds, seed } = options;
  if (!(Number.isInteger(count) && count >= 1 && seconds >= 1 && Number.isSafeInteger(seed) && seed >= 0)) {
    const message = `synthetic data: ${count} recordings of ${seconds} s with seed ${seed}`;
    throw new UsageError(
      'synth/options',
      message,
      'At least 1 recording, 1 s and a seed of 0 or more are needed',
    );
  }
  const recordings: SyntheticRecording[] = [];
  for (let person = 0; recordings.length < count; person++) {
    const draws = new Draws(seed, STREAMS.synth, 0, person);
    const site = SITES[person % SITES.length]!;
    const subject = drawSubject(draws, site, Math.floor(person / SITES.length));
    const takes = 1 + draws.integer(3);
    for (let take = 1; take <= takes && recordings.length < count; take++) {
      const id = `synth-${String(recordings.length + 1).padStart(4, '0')}`;
      recordings.push({
        id,
        path: `synthetic:${id}`,
        site: site.name,
        group: `person-${String(person + 1).padStart(4, '0')}`,
        label: subject.label,
        samples: render(subject, site, seconds, new Draws(seed, STREAMS.synth, take, person)),
      });
    }
  }
  recordings.sort((a, b) => byCodeUnits(a.id, b.id));
  return {
    layout: 'synthetic',
    root: 'synthetic',
    classes: SYNTH_CLASSES,
    recordings,
    excluded: [],
    problems: [],
  };
}

/** @param index of the subject within the site: classes go round in a cycle of ten, so that small sets have both */
function drawSubject(draws: Draws, site: Site, index: number): Subject {
  const abnormal = (index * 7 + 3) % 10 < site.abnormalOfTen;
  // Loudness over a factor of 16, evenly in decibels: from plain to hardly above the noise.
  const loud = 0.025 * pow(16, draws.uniform());
  const faint = 0.01 * pow(4, draws.uniform());
  const low = draws.uniform(90, 160);
  const high = low + draws.uniform(80, 220);
  const peak = draws.uniform(0.3, 0.7);
  const innocent = draws.uniform() < 0.1;
  return {
    label: abnormal ? 1 : 0,
    rate: draws.uniform(55, 95),
    s1: draws.uniform(38, 60),
    s2: draws.uniform(55, 85),
    s2Level: draws.uniform(0.5, 1),
    murmur: abnormal
      ? { level: loud, low, high, peak }
      : innocent
        ? { level: faint, low: low - 30, high: low + 50, peak }
        : null,
  };
}

/** One recording: beats and murmur, then breathing and background noise, the site's colour and its level. */
function render(subject: Subject, site: Site, seconds: number, draws: Draws): Float32Array {
  const length = Math.round(seconds * SYNTH_RATE);
  const sound = new Float64Array(length);
  const murmurGain = new Float64Array(subject.murmur ? length : 0);
  const breath = { period: draws.uniform(3, 5), phase: draws.uniform(0, 6.28) };
  const rate = subject.rate * draws.uniform(0.92, 1.08);

  // Starts somewhere within a beat, as recordings do.
  let time = -draws.uniform(0, 60 / rate);
  while (time < seconds) {
    const breathing = sin((6.283185307179586 * time) / breath.period + breath.phase);
    const interval = (60 / rate) * (1 + 0.04 * breathing + 0.015 * draws.normal());
    // Time from S1 to S2 grows with the beat, but less than in proportion (Weissler et al., 1968).
    const systole = 0.19 + 0.13 * interval;
    const strength = 1 + 0.1 * breathing + 0.05 * draws.normal();
    addBurst(sound, time, 0.028, subject.s1, strength, draws);
    addBurst(sound, time + 0.025, 0.02, subject.s1 * 1.6, 0.5 * strength, draws);
    // Breathing in parts the two valves' share of S2.
    const parted = 0.012 + 0.012 * (breathing + 1);
    addBurst(sound, time + systole, 0.018, subject.s2, subject.s2Level * strength, draws);
    addBurst(
      sound,
      time + systole + parted,
      0.014,
      subject.s2 * 1.2,
      0.5 * subject.s2Level * strength,
      draws,
    );
    if (subject.murmur) addEnvelope(murmurGain, time + 0.05, systole - 0.07, subject.murmur, strength);
    time += interval;
  }
  if (subject.murmur) {
    const noise = bandNoise(length, subject.murmur.low, subject.murmur.high, SYNTH_RATE, draws);
    for (let i = 0; i < length; i++) sound[i]! += noise[i]! * murmurGain[i]!;
  }
  addNoise(sound, SYNTH_RATE, site.noise * draws.uniform(0.6, 1.6), breath, draws);
  const coloured = shelf(sound, 150, site.treble * draws.uniform(0.85, 1.15), SYNTH_RATE);

  let peak = 0;
  for (const value of coloured) peak = Math.max(peak, Math.abs(value));
  const gain = Math.min(1, site.level * draws.uniform(0.7, 1.25)) / peak;
  return Float32Array.from(coloured, (value) => value * gain);
}

/** A sine wave of `frequency` Hz under a bell of standard deviation `width` seconds around `time + 2 width`. */
function addBurst(
  sound: Float64Array,
  time: number,
  width: number,
  frequency: number,
  level: number,
  draws: Draws,
) {
  const centre = time + 2 * width;
  const phase = draws.uniform(0, 6.28);
  const pitch = 6.283185307179586 * frequency * draws.uniform(0.97, 1.03);
  const from = Math.max(0, Math.ceil((centre - 3.5 * width) * SYNTH_RATE));
  const to = Math.min(sound.length, Math.floor((centre + 3.5 * width) * SYNTH_RATE));
  for (let i = from; i < to; i++) {
    const t = i / SYNTH_RATE - centre;
    sound[i]! += level * exp((-t * t) / (2 * width * width)) * sin(pitch * t + phase);
  }
}

/** A diamond (crescendo, decrescendo) of the murmur's loudness from `time` on for `duration` seconds. */
function addEnvelope(gain: Float64Array, time: number, duration: number, murmur: Murmur, strength: number) {
  const from = Math.max(0, Math.ceil(time * SYNTH_RATE));
  const to = Math.min(gain.length, Math.floor((time + duration) * SYNTH_RATE));
  for (let i = from; i < to; i++) {
    const at = (i / SYNTH_RATE - time) / duration;
    gain[i] = murmur.level * strength * (at < murmur.peak ? at / murmur.peak : (1 - at) / (1 - murmur.peak));
  }
}
