import { sin } from '../../base/math.ts';
import type { Draws } from '../draws.ts';

const TAU = 6.283185307179586;

/** What makes a heart rate vary. */
export interface Rhythm {
  /** Mean, beats a minute. */
  readonly rate: number;
  /** Breath: period in seconds, and phase of the lungs' volume at time 0. */
  readonly breath: { readonly period: number; readonly phase: number };
  /** Respiratory sinus arrhythmia: the beat is this share shorter with full lungs, and longer with empty ones. */
  readonly respiratoryDepth: number;
  /** Mayer waves, about 0.1 Hz: frequency in Hz, phase at time 0, and share as above. */
  readonly mayer: { readonly hz: number; readonly phase: number; readonly depth: number };
  /** Standard deviation of what is left, as a share of the beat. */
  readonly jitter: number;
}

/** One heart beat, from S1 to the next S1. */
export interface Beat {
  /** Of S1, seconds from the begin of the recording. */
  readonly onset: number;
  /** To the next S1, seconds. */
  readonly interval: number;
  /** From the onset of S1 to that of S2, seconds. */
  readonly systole: number;
  /** Volume of the lungs at its onset, from −1 (empty) to 1 (full). */
  readonly volume: number;
}

/** Volume of the lungs at `time`, from −1 (empty) to 1 (full). */
export function lungVolume(time: number, { period, phase }: Rhythm['breath']): number {
  return sin((TAU * time) / period + phase);
}

/**
 * From the onset of S1 to that of S2 at a rate in beats a minute. A. M. Weissler, W. S. Harris, C. D. Schoenfeld,
 * "Systolic time intervals in heart failure in man", Circulation 37 (1968) 149–159: Q–S2 = 546 − 2.1·rate ms; from
 * it the 60 ms from Q to S1.
 */
export function systoleAt(rate: number): number {
  return 0.486 - 0.0021 * rate;
}

/**
 * The beats of a recording of `seconds`: all that have a part in it, so the first mostly begins before time 0.
 *
 * The angular velocity of the trajectory of McSharry et al. (2003), ω = 2π/RR, with their two causes of variation:
 * breath (high frequency, about 0.25 Hz) and Mayer waves (low frequency, about 0.1 Hz). Theirs are narrow bands of
 * random phases; in recordings of seconds to minutes a band of ±0.01 Hz is hardly more than a line, so lines they
 * are here, and the truth can name their depth.
 */
export function beatsOf(rhythm: Rhythm, seconds: number, draws: Draws): Beat[] {
  const { rate, breath, respiratoryDepth, mayer, jitter } = rhythm;
  const mean = 60 / rate;
  const beats: Beat[] = [];
  let onset = -draws.uniform(0, mean);
  while (onset < seconds) {
    const volume = lungVolume(onset, breath);
    const slow = mayer.depth * sin(TAU * mayer.hz * onset + mayer.phase);
    const interval = mean * (1 - respiratoryDepth * volume + slow + jitter * draws.normal());
    if (onset + interval > 0) beats.push({ onset, interval, systole: systoleAt(60 / interval), volume });
    onset += interval;
  }
  return beats;
}
