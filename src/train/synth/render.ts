import { Draws, STREAMS } from '../draws.ts';
import { filter } from './biquad.ts';
import { renderHeartSounds, type SoundingBeat, soundBeat } from './heart-sounds.ts';
import { amplitudeOf, envelope, type Murmur, TIMINGS } from './murmur.ts';
import { addFriction, ambientNoise, bandNoise, breathNoise, hum, powerOf } from './noise.ts';
import type { ResolvedOptions } from './options.ts';
import { type Recorded, type Recorder, record } from './recorder.ts';
import { beatsOf, type Rhythm } from './rhythm.ts';
import type { Site } from './sites.ts';
import { STETHOSCOPES, type StethoscopeName } from './stethoscope.ts';
import type { Subject } from './subject.ts';

const TAU = 6.283185307179586;

/**
 * What is drawn on its own, so that more draws for one part change no other: the same beats with and without a
 * murmur, the same heart in another noise.
 */
const PART = {
  recording: 0,
  rhythm: 1,
  morphology: 2,
  murmur: 3,
  ambient: 4,
  breath: 5,
  friction: 6,
  pitch: 7,
} as const;
const PARTS = 8;

/** All that is decided before a sample is made. */
export interface Plan {
  readonly rhythm: Rhythm;
  readonly beats: readonly SoundingBeat[];
  readonly murmur: Murmur | null;
  readonly stethoscope: StethoscopeName;
  readonly snrDb: number;
  /** Shares of the noise power; `ambient` is the rest. */
  readonly breathShare: number;
  readonly hum: { readonly hz: number; readonly share: number; readonly phase: number } | null;
  readonly ambientCorner: number;
  readonly recorder: Recorder;
}

/** The sound of each source, through the stethoscope, in units of the peak of M1 at the chest. */
export interface Parts {
  readonly heart: Float64Array;
  /** Null where there is none. */
  readonly murmur: Float64Array | null;
  readonly noise: Float64Array;
}

/** Where the draws of one recording come from: `take` from 1 of subject `person`. */
export interface Source {
  readonly seed: number;
  readonly person: number;
  readonly take: number;
}

function drawsOf({ seed, person, take }: Source, part: keyof typeof PART): Draws {
  return new Draws(seed, STREAMS.synth, take * PARTS + PART[part], person);
}

/** Decides everything about a recording of `subject` at `site`. Does not depend on the sample rate. */
export function planRecording(subject: Subject, site: Site, options: ResolvedOptions, source: Source): Plan {
  const draws = drawsOf(source, 'recording');
  const rate = subject.rate * draws.uniform(0.92, 1.08);
  const rhythm: Rhythm = {
    rate: options.heartRate ?? rate,
    breath: { period: subject.breath * draws.uniform(0.9, 1.1), phase: draws.uniform(0, TAU) },
    respiratoryDepth: subject.respiratoryDepth,
    mayer: { hz: draws.uniform(0.09, 0.11), phase: draws.uniform(0, TAU), depth: subject.mayerDepth },
    jitter: 0.008,
  };
  const snrDb = site.snrDb + draws.uniform(-4, 4);
  const breathShare = draws.uniform(0.02, 0.15);
  const humPhase = draws.uniform(0, TAU);
  const ambientCorner = draws.uniform(60, 160);
  const level = Math.min(1, site.level * draws.uniform(0.7, 1.25));
  const overdriven = draws.uniform() < site.overdriven;
  const excess = draws.uniform(1.1, 1.8);
  const morphology = drawsOf(source, 'morphology');
  return {
    rhythm,
    beats: beatsOf(rhythm, options.seconds, drawsOf(source, 'rhythm')).map((beat) =>
      soundBeat(beat, subject.valves, morphology),
    ),
    murmur: subject.murmur,
    stethoscope: options.stethoscope ?? site.stethoscope,
    snrDb: options.snrDb ?? snrDb,
    breathShare,
    hum: site.hum && { ...site.hum, phase: humPhase },
    ambientCorner,
    recorder: { peak: overdriven ? excess : level, dc: site.dc, bits: site.bits },
  };
}

/** Makes the sounds that were planned. */
export function renderParts(
  plan: Plan,
  valves: Subject['valves'],
  { seconds, sampleRate }: Pick<ResolvedOptions, 'seconds' | 'sampleRate'>,
  source: Source,
): Parts {
  const length = Math.round(seconds * sampleRate);
  const response = STETHOSCOPES[plan.stethoscope](sampleRate);
  const heart = filter(
    response,
    renderHeartSounds(plan.beats, valves, length, sampleRate, drawsOf(source, 'pitch')),
  );
  const murmur =
    plan.murmur &&
    filter(response, renderMurmur(plan.murmur, plan.beats, length, sampleRate, drawsOf(source, 'murmur')));
  return { heart, murmur, noise: renderNoise(plan, powerOf(heart), length, sampleRate, source) };
}

/** The recording as it is stored. */
export function recordParts({ heart, murmur, noise }: Parts, recorder: Recorder): Recorded {
  const sound = heart.map((value, i) => value + (murmur ? murmur[i]! : 0) + noise[i]!);
  return record(sound, recorder);
}

/** Band-limited noise under an envelope in every beat's systole or diastole. */
function renderMurmur(
  murmur: Murmur,
  beats: readonly SoundingBeat[],
  length: number,
  rate: number,
  draws: Draws,
): Float64Array {
  const sound = bandNoise(length, murmur.band, rate, draws);
  const level = amplitudeOf(murmur.levelDb);
  let done = 0;
  for (const beat of beats) {
    const [begin, end] = murmurSpan(murmur, beat);
    const from = clamp(Math.ceil(begin * rate), done, length);
    const to = clamp(Math.floor(end * rate) + 1, from, length);
    sound.fill(0, done, from);
    const scale = level * beat.strength;
    for (let i = from; i < to; i++)
      sound[i]! *= scale * envelope(murmur.shape, (i / rate - begin) / (end - begin));
    done = to;
  }
  return sound.fill(0, done);
}

/** Begin and end of a murmur in a beat, seconds. */
export function murmurSpan(
  { phase, timing }: Pick<Murmur, 'phase' | 'timing'>,
  { onset, interval, s1, s2 }: Pick<SoundingBeat, 'onset' | 'interval' | 's1' | 's2'>,
): [number, number] {
  const [begin, end] = phase === 'systolic' ? [s1[1], s2[0]] : [s2[1], onset + interval];
  const [from, to] = TIMINGS[timing];
  return [begin + from * (end - begin), begin + to * (end - begin)];
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

/** All that is not the heart: its power is that of `signal` less the signal-to-noise ratio. */
function renderNoise(plan: Plan, signal: number, length: number, rate: number, source: Source): Float64Array {
  const noise = ambientNoise(length, plan.ambientCorner, rate, drawsOf(source, 'ambient'));
  const breathing = breathNoise(length, plan.rhythm.breath, rate, drawsOf(source, 'breath'));
  const humShare = plan.hum?.share ?? 0;
  const [ambient, breath] = [Math.sqrt(1 - plan.breathShare - humShare), Math.sqrt(plan.breathShare)];
  for (let i = 0; i < length; i++) noise[i] = ambient * noise[i]! + breath * breathing[i]!;
  addFriction(noise, rate, drawsOf(source, 'friction'));
  filter(STETHOSCOPES[plan.stethoscope](rate), noise);
  if (plan.hum) {
    // Hum gets in behind the stethoscope, so that its share is one of what comes out.
    const wave = hum(length, plan.hum.hz, plan.hum.phase, rate);
    const gain = Math.sqrt((powerOf(noise) * humShare) / (1 - humShare));
    for (let i = 0; i < length; i++) noise[i]! += gain * wave[i]!;
  }
  const level = amplitudeOf(-plan.snrDb);
  const gain = Math.sqrt(signal / powerOf(noise)) * level;
  for (let i = 0; i < length; i++) noise[i]! *= gain;
  return noise;
}
