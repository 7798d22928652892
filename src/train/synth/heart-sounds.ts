import { exp, sin } from '../../base/math.ts';
import type { Draws } from '../draws.ts';
import type { Beat } from './rhythm.ts';

const TAU = 6.283185307179586;

/** A Gabor kernel: a sine wave under a bell. */
export interface Kernel {
  /** Peak, that of M1 being 1. */
  readonly level: number;
  /** Standard deviation of the bell, seconds. */
  readonly width: number;
  /** Hz. */
  readonly frequency: number;
  /** Of the sine wave at the top of the bell. */
  readonly phase: number;
}

/** The valves' sounds of a subject: mitral and tricuspid make S1, aortic and pulmonary S2. */
export interface Valves {
  readonly m1: Kernel;
  readonly t1: Kernel;
  readonly a2: Kernel;
  readonly p2: Kernel;
  /** From M1 to T1, seconds. */
  readonly split1: number;
  /** From A2 to P2, seconds: breathed out, and breathed in. */
  readonly split2: readonly [out: number, in_: number];
}

/** A beat with its sounds. Times in seconds from the begin of the recording. */
export interface SoundingBeat extends Beat {
  readonly s1: readonly [onset: number, end: number];
  readonly s2: readonly [onset: number, end: number];
  /** Loudness of this beat, 1 on average. */
  readonly strength: number;
  /** Tops of the kernels' bells, by valve. */
  readonly centres: Readonly<Record<'m1' | 't1' | 'a2' | 'p2', number>>;
}

/** A sound begins and ends where its bell is at 4.4 % (2.5 standard deviations): there its peak is 27 dB below. */
const EDGE = 2.5;

/** Places the valves' sounds in a beat; splits and loudness vary from beat to beat, S2's split with breath. */
export function soundBeat(beat: Beat, valves: Valves, draws: Draws): SoundingBeat {
  const { m1, t1, a2, p2, split1, split2 } = valves;
  const { onset, systole, volume } = beat;
  const strength = 1 - 0.08 * volume + 0.06 * draws.normal();
  const inspired = (1 + volume) / 2;
  const atM1 = onset + EDGE * m1.width;
  const atT1 = atM1 + split1 * (1 + 0.05 * draws.normal());
  const atA2 = onset + systole + EDGE * a2.width;
  const atP2 = atA2 + split2[0] + (split2[1] - split2[0]) * inspired;
  return {
    ...beat,
    s1: [onset, Math.max(atM1 + EDGE * m1.width, atT1 + EDGE * t1.width)],
    s2: [onset + systole, Math.max(atA2 + EDGE * a2.width, atP2 + EDGE * p2.width)],
    strength: Math.max(0.5, strength),
    centres: { m1: atM1, t1: atT1, a2: atA2, p2: atP2 },
  };
}

/**
 * S1 and S2 of all beats: z = Σ αᵢ exp(−(θ−μᵢ)²/2σᵢ²) sin(fᵢ(θ−μᵢ) + φᵢ), after A. Almasi, M. B. Shamsollahi,
 * L. Senhadji, "A dynamical model for generating synthetic phonocardiogram signals", EMBC 2011, 5686–5689. Theirs is
 * a differential equation along a phase θ with dθ/dt = ω; this is its solution, so that nothing is integrated.
 * Within a beat θ = ω t, so widths and frequencies are kept in seconds and hertz: sounds do not stretch with the
 * beat. As there, parameters vary from beat to beat.
 */
export function renderHeartSounds(
  beats: readonly SoundingBeat[],
  valves: Valves,
  length: number,
  rate: number,
  draws: Draws,
): Float64Array {
  const sound = new Float64Array(length);
  for (const { centres, strength } of beats) {
    for (const valve of ['m1', 't1', 'a2', 'p2'] as const) {
      const kernel = valves[valve];
      addKernel(sound, centres[valve], kernel, strength, rate, draws);
    }
  }
  return sound;
}

function addKernel(
  sound: Float64Array,
  centre: number,
  { level, width, frequency, phase }: Kernel,
  strength: number,
  rate: number,
  draws: Draws,
): void {
  const pitch = TAU * frequency * (1 + 0.02 * draws.normal());
  const shift = phase + 0.15 * draws.normal();
  const loud = level * strength;
  const from = Math.max(0, Math.ceil((centre - 4 * width) * rate));
  const to = Math.min(sound.length, Math.floor((centre + 4 * width) * rate) + 1);
  for (let i = from; i < to; i++) {
    const t = i / rate - centre;
    sound[i]! += loud * exp((-t * t) / (2 * width * width)) * sin(pitch * t + shift);
  }
}
