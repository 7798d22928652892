import { exp, sin } from '../../base/math.ts';
import { butterworthBandPass } from '../../dsp/index.ts';
import type { Draws } from '../draws.ts';
import { filter } from './biquad.ts';

const TAU = 6.283185307179586;

/** Two samples a word, since nobody hears the difference between 16 and 32 bits of noise. */
const SCALE = Math.sqrt(3) / 32768;

/** White noise of variance 1. Uniform, not normal: after a filter nobody can tell, and it is quick. */
function whiteNoise(length: number, draws: Draws): Float64Array {
  const noise = new Float64Array(length);
  for (let i = 0; i < length; i += 2) {
    const word = draws.word();
    noise[i] = ((word & 0xffff) - 32767.5) * SCALE;
    if (i + 1 < length) noise[i + 1] = ((word >>> 16) - 32767.5) * SCALE;
  }
  return noise;
}

/** Mean of the squares. */
export function powerOf(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return sum / x.length;
}

/** Scales in place to a mean square of `power`; silence stays silence. */
function toPower(x: Float64Array, power: number): Float64Array {
  const now = powerOf(x);
  const gain = now > 0 ? Math.sqrt(power / now) : 0;
  for (let i = 0; i < x.length; i++) x[i]! *= gain;
  return x;
}

/** Noise of variance 1 between two frequencies (Hz), −3 dB at both, 12 dB an octave outside. */
export function bandNoise(
  length: number,
  [low, high]: readonly [number, number],
  rate: number,
  draws: Draws,
): Float64Array {
  const noise = whiteNoise(length, draws);
  return toPower(filter(butterworthBandPass(2, low, high, rate), noise), 1);
}

/** Ambient noise of power 1: falls by 12 dB an octave above `corner` Hz, down to a floor of the electronics. */
export function ambientNoise(length: number, corner: number, rate: number, draws: Draws): Float64Array {
  const noise = whiteNoise(length, draws);
  const keep = exp((-TAU * corner) / rate);
  let [once, twice] = [0, 0];
  for (let i = 0; i < length; i++) {
    const value = noise[i]!;
    once = value + keep * (once - value);
    twice = once + keep * (twice - once);
    noise[i] = twice + 0.03 * value;
  }
  return toPower(noise, 1);
}

/**
 * Breath sounds of power 1: noise of 100–350 Hz, the band of normal (vesicular) sounds at the chest, that comes with
 * the air flow, the derivative of the lungs' volume, and is louder breathing in than out.
 *
 * @param volume sin(2π t / period + phase), from full (1) to empty (−1)
 */
export function breathNoise(
  length: number,
  volume: { readonly period: number; readonly phase: number },
  rate: number,
  draws: Draws,
): Float64Array {
  const noise = bandNoise(length, [100, 350], rate, draws);
  const step = TAU / (volume.period * rate);
  for (let i = 0; i < length; i++) {
    const flow = sin(step * i + volume.phase + TAU / 4);
    noise[i]! *= flow > 0 ? flow * flow : 0.4 * flow * flow;
  }
  return toPower(noise, 1);
}

/** Adds rubs of the stethoscope to noise of power 1, in place: short, broad bands, now and then. */
export function addFriction(noise: Float64Array, rate: number, draws: Draws): void {
  const length = noise.length;
  const rubs = draws.integer(1 + Math.ceil(length / rate / 4));
  for (let rub = 0; rub < rubs; rub++) {
    const from = draws.integer(length);
    const to = Math.min(length, from + Math.round(rate * draws.uniform(0.02, 0.12)));
    const loud = draws.uniform(2, 6);
    for (let i = from; i < to; i++) {
      noise[i]! += loud * sin((Math.PI * (i - from)) / (to - from)) * draws.uniform(-1, 1);
    }
  }
}

/** Power-line hum of power 1: the fundamental, and weaker second and third harmonics. */
export function hum(length: number, hz: number, phase: number, rate: number): Float64Array {
  const step = (TAU * hz) / rate;
  const wave = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const at = step * i + phase;
    wave[i] = sin(at) + 0.2 * sin(2 * at) + 0.3 * sin(3 * at);
  }
  return toPower(wave, 1);
}
