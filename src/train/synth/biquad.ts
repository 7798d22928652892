import { cos, sin } from '../../base/math.ts';
import type { Section } from '../../dsp/index.ts';
import { amplitudeOf } from './murmur.ts';

/**
 * Second-order filters after R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
 */

const TAU = 6.283185307179586;
/** Q of a Butterworth filter of second order: 1/√2. */
const BUTTERWORTH = Math.SQRT1_2;

function normalised(b0: number, b1: number, b2: number, a0: number, a1: number, a2: number): Section {
  return { b0: b0 / a0, b1: b1 / a0, b2: b2 / a0, a1: a1 / a0, a2: a2 / a0 };
}

function angle(hz: number, rate: number) {
  const w = (TAU * hz) / rate;
  return { c: cos(w), s: sin(w) };
}

/** −3 dB at `hz`, 12 dB an octave above. */
export function lowPass(hz: number, rate: number): Section {
  const { c, s } = angle(hz, rate);
  const alpha = s / (2 * BUTTERWORTH);
  return normalised((1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha);
}

/** −3 dB at `hz`, 12 dB an octave below. */
export function highPass(hz: number, rate: number): Section {
  const { c, s } = angle(hz, rate);
  const alpha = s / (2 * BUTTERWORTH);
  return normalised((1 + c) / 2, -1 - c, (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha);
}

/** `db` far below `hz`, half of that at `hz`, 0 dB above; shelf slope 1. */
export function lowShelf(hz: number, db: number, rate: number): Section {
  const { c, s } = angle(hz, rate);
  const a = amplitudeOf(db / 2);
  const beta = 2 * Math.sqrt(a) * s * BUTTERWORTH;
  return normalised(
    a * (a + 1 - (a - 1) * c + beta),
    2 * a * (a - 1 - (a + 1) * c),
    a * (a + 1 - (a - 1) * c - beta),
    a + 1 + (a - 1) * c + beta,
    -2 * (a - 1 + (a + 1) * c),
    a + 1 + (a - 1) * c - beta,
  );
}

/** Filters in place, one section after the other, from silence; transposed direct form II. */
export function filter(sections: readonly Section[], x: Float64Array): Float64Array {
  for (const { b0, b1, b2, a1, a2 } of sections) {
    let [w1, w2] = [0, 0];
    for (let i = 0; i < x.length; i++) {
      const v = x[i]!;
      const y = b0 * v + w1;
      w1 = b1 * v - a1 * y + w2;
      w2 = b2 * v - a2 * y;
      x[i] = y;
    }
  }
  return x;
}
