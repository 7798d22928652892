import { cos, exp, sin } from '../base/math.ts';
import type { Draws } from './draws.ts';

const TAU = 6.283185307179586;

/** White noise of variance 1. Uniform, not normal: after a filter nobody can tell, and it is quick. */
function whiteNoise(length: number, draws: Draws): Float64Array {
  const half = Math.sqrt(3);
  return Float64Array.from({ length }, () => draws.uniform(-half, half));
}

/**
 * Noise between two frequencies (Hz), of variance about 1: white noise through two band-pass biquads
 * (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients", constant peak gain).
 */
export function bandNoise(
  length: number,
  low: number,
  high: number,
  rate: number,
  draws: Draws,
): Float64Array {
  const centre = Math.sqrt(low * high);
  const w = (TAU * centre) / rate;
  const alpha = (sin(w) * (high - low)) / (2 * centre);
  const a0 = 1 + alpha;
  const noise = whiteNoise(length, draws);
  for (let pass = 0; pass < 2; pass++) {
    biquad(noise, [alpha / a0, 0, -alpha / a0], [(-2 * cos(w)) / a0, (1 - alpha) / a0]);
  }
  let power = 0;
  for (const value of noise) power += value * value;
  const gain = 1 / Math.sqrt(power / length);
  return noise.map((value) => value * gain);
}

/** Direct form I, in place: y = b0 x + b1 x₁ + b2 x₂ − a1 y₁ − a2 y₂. */
function biquad(x: Float64Array, b: readonly [number, number, number], a: readonly [number, number]): void {
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const input = x[i]!;
    const output = b[0] * input + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
    [x2, x1, y2, y1] = [x1, input, y1, output];
    x[i] = output;
  }
}

/** Gain `treble` for what lies above `corner` Hz, 1 below: a one-pole low-pass and what it leaves. */
export function shelf(x: Float64Array, corner: number, treble: number, rate: number): Float64Array {
  const keep = exp((-TAU * corner) / rate);
  let low = 0;
  return x.map((value) => {
    low = value + keep * (low - value);
    return low + treble * (value - low);
  });
}

/**
 * Adds what a recording has besides the heart, in place: a background that falls with frequency, breath
 * sounds that come and go, and now and then a rub of the stethoscope.
 *
 * @param level standard deviation of the background
 */
export function addNoise(
  sound: Float64Array,
  rate: number,
  level: number,
  breath: { readonly period: number; readonly phase: number },
  draws: Draws,
): void {
  const length = sound.length;
  const background = shelf(whiteNoise(length, draws), 60, 0.35, rate);
  const breathing = bandNoise(length, 120, 420, rate, draws);
  const breathLevel = level * draws.uniform(0.2, 0.8);
  for (let i = 0; i < length; i++) {
    const airflow = sin((TAU * i) / rate / breath.period + breath.phase);
    sound[i]! += level * background[i]! + breathLevel * airflow * airflow * breathing[i]!;
  }
  const rubs = draws.integer(1 + Math.ceil(length / rate / 5));
  for (let rub = 0; rub < rubs; rub++) {
    const from = draws.integer(length);
    const to = Math.min(length, from + Math.round(rate * draws.uniform(0.02, 0.12)));
    const loud = level * draws.uniform(2, 8);
    for (let i = from; i < to; i++) {
      sound[i]! += loud * sin((Math.PI * (i - from)) / (to - from)) * draws.uniform(-1, 1);
    }
  }
}
