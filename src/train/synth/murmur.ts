import { pow } from '../../base/math.ts';

/** When in the cycle: between S1 and S2, or between S2 and the next S1. */
export type Phase = 'systolic' | 'diastolic';

/** Shares of that phase, from its begin (0) to its end (1). */
export const TIMINGS = {
  early: [0, 0.5],
  mid: [0.15, 0.85],
  late: [0.5, 1],
  holo: [0, 1],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

export type Timing = keyof typeof TIMINGS;

/** How loudness runs; diamond is crescendo, then decrescendo. */
export const SHAPES = ['crescendo', 'decrescendo', 'diamond', 'plateau'] as const;
export type Shape = (typeof SHAPES)[number];

/** After S. A. Levine, "The systolic murmur: its clinical significance", JAMA 101 (1933) 436–438: I to VI. */
export const GRADES = [1, 2, 3, 4, 5, 6] as const;
export type Grade = (typeof GRADES)[number];

export interface Murmur {
  readonly phase: Phase;
  readonly timing: Timing;
  readonly shape: Shape;
  readonly grade: Grade;
  /** Band of the noise, −3 dB at both edges, Hz. */
  readonly band: readonly [low: number, high: number];
  /** Root mean square where it is loudest, relative to the peak of M1, before the stethoscope. */
  readonly levelDb: number;
  /** Faint, and in a recording that counts as normal. */
  readonly innocent: boolean;
}

/**
 * Level of a grade relative to S1, in dB: I −36, II −30, … VI −6. Levine's grades are what a listener hears, and no
 * publication gives them in decibels; equal steps of 6 dB up to a murmur about as loud as S1 are this model's own.
 */
export function gradeDb(grade: Grade): number {
  return 6 * grade - 42;
}

/** A level in dB as a factor of amplitude. */
export function amplitudeOf(db: number): number {
  return pow(10, db / 20);
}

/** Loudness (0 to 1) of a shape at `u`, from the murmur's begin (0) to its end (1). */
export function envelope(shape: Shape, u: number): number {
  if (!(u >= 0 && u <= 1)) return 0;
  // A flank of a tenth keeps a murmur from starting and ending with a click.
  const flank = Math.min(1, u / 0.1, (1 - u) / 0.1);
  switch (shape) {
    case 'crescendo':
      return Math.min(u / 0.9, flank);
    case 'decrescendo':
      return Math.min((1 - u) / 0.9, flank);
    case 'diamond':
      return u < 0.5 ? 2 * u : 2 * (1 - u);
    case 'plateau':
      return flank;
  }
}
