import { pow } from '../../base/math.ts';
import { decibel } from '../../dsp/decibel.ts';
import { planRealFft, type RealFft } from '../../dsp/fft.ts';
import { hann } from '../../dsp/window.ts';

/**
 * Number of the lowest third-octave band: centre 10^(13/10) = 20 Hz. Band k reaches from 10^((k−½)/10) to
 * 10^((k+½)/10) Hz (IEC 61260-1, base ten).
 */
export const LOWEST_BAND = 13;

/** Nominal centres in a decade (ISO 266). */
const NOMINAL = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8];

/** `20`, `31.5`, `1000`: what a band is called, in Hz. */
export function bandName(band: number): number {
  const decade = Math.floor(band / 10);
  let scale = 1;
  for (let i = 0; i < decade; i++) scale *= 10;
  return Math.round(NOMINAL[band - 10 * decade]! * scale * 100) / 100;
}

/** Lower edge of a band, Hz. */
function edge(band: number): number {
  return pow(10, (band - 0.5) / 10);
}

/** How many bands from 20 Hz on lie below half the sample rate as a whole. */
export function bandCount(sampleRate: number): number {
  let count = 0;
  while (edge(LOWEST_BAND + count + 1) <= sampleRate / 2) count += 1;
  return count;
}

/**
 * Power in third-octave bands, by the method of P. D. Welch ("The use of fast Fourier transform for the estimation
 * of power spectra", IEEE Trans. Audio Electroacoust. 15(2), 1967): Hann windows of about half a second that
 * overlap by half, each without its mean; their power spectra averaged. Bins that lie in two bands are shared
 * between them by width.
 */
export class WelchBands {
  private readonly rate: number;
  private readonly fft: RealFft;
  private readonly window: Float64Array;
  private readonly buffer: Float64Array;
  private readonly frame: Float64Array;
  private readonly re: Float64Array;
  private readonly im: Float64Array;
  private readonly power: Float64Array;
  private filled = 0;
  private frames = 0;

  constructor(sampleRate: number) {
    this.rate = sampleRate;
    let length = 256;
    while (length < sampleRate / 2 && length < 65536) length *= 2;
    this.fft = planFor(length);
    this.window = windowFor(length);
    this.buffer = new Float64Array(length);
    this.frame = new Float64Array(length);
    this.re = new Float64Array(this.fft.bins);
    this.im = new Float64Array(this.fft.bins);
    this.power = new Float64Array(this.fft.bins);
  }

  take(samples: Float32Array): void {
    const length = this.buffer.length;
    for (let at = 0; at < samples.length; ) {
      const count = Math.min(length - this.filled, samples.length - at);
      this.buffer.set(samples.subarray(at, at + count), this.filled);
      this.filled += count;
      at += count;
      if (this.filled < length) return;
      this.add(length);
      this.buffer.copyWithin(0, length / 2);
      this.filled = length / 2;
    }
  }

  private add(length: number): void {
    const { buffer, frame, window, re, im, power } = this;
    let sum = 0;
    for (let i = 0; i < length; i++) sum += buffer[i]!;
    const mean = sum / length;
    for (let i = 0; i < length; i++) frame[i] = (buffer[i]! - mean) * window[i]!;
    frame.fill(0, length);
    this.fft.transform(frame, re, im);
    for (let k = 0; k < power.length; k++) power[k]! += re[k]! * re[k]! + im[k]! * im[k]!;
    this.frames += 1;
  }

  /**
   * Level of each band against all of them together, dB, so that the spectra of quiet and loud recordings can be
   * compared. Null where there is no power at all; −120 at least.
   */
  finish(): number[] | null {
    if (this.frames === 0 && this.filled > 0) this.add(this.filled);
    const width = this.rate / this.fft.n;
    const count = bandCount(this.rate);
    const powers = Array.from({ length: count }, (_, i) => {
      const low = edge(LOWEST_BAND + i);
      const high = edge(LOWEST_BAND + i + 1);
      let sum = 0;
      for (let k = Math.floor(low / width); k < this.power.length && (k - 0.5) * width < high; k++) {
        const overlap = Math.min(high, (k + 0.5) * width) - Math.max(low, (k - 0.5) * width);
        if (overlap > 0) sum += (this.power[k]! * overlap) / width;
      }
      return sum;
    });
    const total = powers.reduce((sum, power) => sum + power, 0);
    if (!(total > 1e-200)) return null;
    return powers.map((power) => decibel(Math.max(power / total, 1e-12)));
  }
}

/** Most data sets have one rate: the last plan and window are kept. */
let plan: RealFft | undefined;
let windowed: Float64Array | undefined;

function planFor(length: number): RealFft {
  if (plan?.n !== length) plan = planRealFft(length);
  return plan;
}

function windowFor(length: number): Float64Array {
  if (windowed?.length !== length) windowed = hann(length);
  return windowed;
}
