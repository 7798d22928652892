/** What a listener with a ruler would do: nothing here is shared with what makes the recordings. */
import { planRealFft } from '../../../src/dsp/index.ts';
import type { SyntheticRecording } from '../../../src/train/synth/index.ts';

export const TAU = 2 * Math.PI;

export function power(x: ArrayLike<number>, from = 0, to = x.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += x[i]! * x[i]!;
  return sum / (to - from);
}

export const db = (ratio: number) => 10 * Math.log10(ratio);

/** Power of each bin of one window (Hann) of 2^k samples from `from` on. */
export function spectrum(x: ArrayLike<number>, size: number, from = 0): Float64Array {
  const fft = planRealFft(size);
  const re = new Float64Array(size / 2 + 1);
  const im = new Float64Array(size / 2 + 1);
  const windowed = Float64Array.from(
    { length: size },
    (_, i) => x[from + i]! * (0.5 - 0.5 * Math.cos((TAU * i) / size)),
  );
  fft.transform(windowed, re, im);
  return re.map((value, k) => value * value + im[k]! * im[k]!);
}

/** Share of the power between two frequencies. */
export function bandShare(x: ArrayLike<number>, rate: number, low: number, high: number): number {
  const size = 2 ** Math.floor(Math.log2(x.length));
  const bins = spectrum(x, size);
  const hz = rate / size;
  let [inside, all] = [0, 0];
  bins.forEach((value, k) => {
    all += value;
    if (k * hz >= low && k * hz <= high) inside += value;
  });
  return inside / all;
}

/** Root of the mean power over a sliding window of `seconds`. */
export function smooth(x: ArrayLike<number>, rate: number, seconds: number): Float64Array {
  const half = Math.round((seconds * rate) / 2);
  const sums = new Float64Array(x.length + 1);
  for (let i = 0; i < x.length; i++) sums[i + 1] = sums[i]! + x[i]! * x[i]!;
  return Float64Array.from({ length: x.length }, (_, i) => {
    const [from, to] = [Math.max(0, i - half), Math.min(x.length, i + half + 1)];
    return Math.sqrt((sums[to]! - sums[from]!) / (to - from));
  });
}

/** Index of the largest value in [from, to). */
export function argmax(x: ArrayLike<number>, from: number, to: number): number {
  let best = from;
  for (let i = from; i < to; i++) if (x[i]! > x[best]!) best = i;
  return best;
}

/** Beats that lie in the recording with all that belongs to them. */
export function wholeBeats({ truth }: SyntheticRecording) {
  return truth.beats.filter(({ s1, interval }) => s1[0] > 0.1 && s1[0] + interval < truth.seconds - 0.1);
}
