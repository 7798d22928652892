import type { SoundingBeat } from './heart-sounds.ts';
import type { Murmur } from './murmur.ts';
import type { Plan } from './render.ts';
import type { StethoscopeName } from './stethoscope.ts';

/** Times in seconds from the begin of the recording; the first and last beat may reach beyond it. */
export interface TrueBeat {
  readonly s1: readonly [onset: number, end: number];
  readonly s2: readonly [onset: number, end: number];
  /** To the next S1; beats a minute are 60 divided by it. */
  readonly interval: number;
}

/** All that is known about a synthetic recording besides what its data set says. */
export interface SynthTruth {
  readonly seconds: number;
  readonly sampleRate: number;
  readonly heartRate: {
    /** Of the beats below, a minute. */
    readonly mean: number;
    /** Shares by which breath and Mayer waves change a beat's length, and the slow wave's frequency in Hz. */
    readonly respiratoryDepth: number;
    readonly mayerDepth: number;
    readonly mayerHz: number;
  };
  readonly beats: readonly TrueBeat[];
  readonly murmur: Murmur | null;
  /** The volume of the lungs is sin(2π·perMinute/60·t + phase), from −1 (empty) to 1 (full). */
  readonly respiration: { readonly perMinute: number; readonly phase: number };
  readonly noise: {
    /** Power of S1 and S2 over that of all else but the murmur, through the stethoscope. */
    readonly snrDb: number;
    readonly hum: { readonly hz: number; readonly share: number } | null;
  };
  readonly stethoscope: StethoscopeName;
  readonly recorder: {
    /** Before clipping, full scale being 1. */
    readonly peak: number;
    readonly dc: number;
    readonly bits: number;
    readonly clippedSamples: number;
  };
}

export function truthOf(
  plan: Plan,
  { seconds, sampleRate }: { readonly seconds: number; readonly sampleRate: number },
  clippedSamples: number,
): SynthTruth {
  const { rhythm, beats, hum } = plan;
  const total = beats.reduce((sum, { interval }) => sum + interval, 0);
  return {
    seconds,
    sampleRate,
    heartRate: {
      mean: (60 * beats.length) / total,
      respiratoryDepth: rhythm.respiratoryDepth,
      mayerDepth: rhythm.mayer.depth,
      mayerHz: rhythm.mayer.hz,
    },
    beats: beats.map(({ s1, s2, interval }: SoundingBeat) => ({ s1, s2, interval })),
    murmur: plan.murmur,
    respiration: { perMinute: 60 / rhythm.breath.period, phase: rhythm.breath.phase },
    noise: { snrDb: plan.snrDb, hum: hum && { hz: hum.hz, share: hum.share } },
    stethoscope: plan.stethoscope,
    recorder: { ...plan.recorder, clippedSamples },
  };
}

/** 1 S1, 2 systole, 3 S2, 4 diastole, as in CirCor's `.tsv` files. */
export type HeartState = 1 | 2 | 3 | 4;

export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly state: HeartState;
}

/** The recording divided into heart sounds and what is between them, without gaps from 0 to its end. */
export function segmentsOf({ beats, seconds }: Pick<SynthTruth, 'beats' | 'seconds'>): Segment[] {
  const segments: Segment[] = [];
  const add = (from: number, to: number, state: HeartState) => {
    const [start, end] = [Math.max(0, from), Math.min(seconds, to)];
    if (end > start) segments.push({ start, end, state });
  };
  for (const { s1, s2, interval } of beats) {
    add(s1[0], s1[1], 1);
    add(s1[1], s2[0], 2);
    add(s2[0], s2[1], 3);
    add(s2[1], s1[0] + interval, 4);
  }
  return segments;
}

/** A line a segment: start, end, state, with tabs between. */
export function formatSegments(segments: readonly Segment[]): string {
  return segments
    .map(({ start, end, state }) => `${start.toFixed(6)}\t${end.toFixed(6)}\t${state}\n`)
    .join('');
}
