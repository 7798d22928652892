/**
 * Power spectra of successive frames, computed two at a time: the transform of a + i·b holds that of the
 * real frames a and b (Z[k] + conj Z[n−k] and Z[k] − conj Z[n−k], halved), so one complex FFT serves both.
 */
import { DataError, UsageError } from '../base/errors.ts';
import { type ComplexFft, planFft } from './fft.ts';
import { makeWindow, type WindowName } from './window.ts';

export type PadMode = 'constant' | 'reflect';

export interface FrameSettings {
  /** Length of the transform in samples. */
  nFft: number;
  /** Samples from one frame to the next. */
  hopLength: number;
  /** Window length in samples, at most nFft; the window is centred in the frame. */
  winLength: number;
  window: WindowName;
  /** Whether frame t is centred on sample t·hopLength (the ends are padded) or starts there. */
  center: boolean;
  /** What stands beyond the ends when `center`: zeros, or the signal mirrored. */
  padMode: PadMode;
}

/** Number of frames in a signal of `length` samples; 0 if it is too short for one. */
export function frameCount(length: number, settings: FrameSettings): number {
  const { nFft, hopLength, center } = settings;
  const padded = center ? length + 2 * Math.floor(nFft / 2) : length;
  return padded < nFft || length === 0 ? 0 : 1 + Math.floor((padded - nFft) / hopLength);
}

/**
 * `frameCount`, or an error if it is 0.
 * @throws DataError `dsp/too-short`
 */
export function requireFrames(length: number, settings: FrameSettings): number {
  const frames = frameCount(length, settings);
  if (frames > 0) return frames;
  throw new DataError(
    'dsp/too-short',
    `${length} samples are too few for one frame of ${settings.nFft} samples`,
  );
}

/** @throws UsageError `dsp/frames` for settings that make no sense */
export function checkFrameSettings({ nFft, hopLength, winLength }: FrameSettings): void {
  if (!(Number.isInteger(nFft) && nFft >= 2 && nFft <= 1048576)) {
    throw new UsageError('dsp/frames', `nFft is ${nFft}, not an integer from 2 to 2^20`);
  }
  if (!(Number.isInteger(hopLength) && hopLength >= 1)) {
    throw new UsageError('dsp/frames', `hopLength is ${hopLength}, not a positive integer`);
  }
  if (!(Number.isInteger(winLength) && winLength >= 1 && winLength <= nFft)) {
    throw new UsageError('dsp/frames', `winLength is ${winLength}, not an integer from 1 to nFft (${nFft})`);
  }
}

/**
 * The window, halved: that is the half that separating two frames packed in one transform needs, and exact, as
 * it is a power of two.
 */
export function halfWindow({ window, winLength, nFft }: FrameSettings): Float64Array {
  return makeWindow(window, winLength, nFft).map((w) => 0.5 * w);
}

/** Writes the signal with its padding, if centred, to the start of `out`; returns the length. */
export function padSignal(samples: Float32Array, settings: FrameSettings, out: Float64Array): number {
  const { nFft, center, padMode } = settings;
  const n = samples.length;
  const pad = center ? Math.floor(nFft / 2) : 0;
  out.set(samples, pad);
  for (let i = 0; i < pad; i++) {
    out[i] = padMode === 'constant' ? 0 : samples[mirror(i - pad, n)]!;
    out[pad + n + i] = padMode === 'constant' ? 0 : samples[mirror(n + i, n)]!;
  }
  return n + 2 * pad;
}

/** Index into a signal of n samples, mirrored at both ends without repeating them, as often as needed. */
function mirror(i: number, n: number): number {
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const j = ((i % period) + period) % period;
  return j < n ? j : period - j;
}

/** Computes |X[k]|², k = 0…nFft/2, of windowed frames of one signal. Keeps its buffers between signals. */
export class PowerFrames {
  readonly bins: number;
  readonly settings: FrameSettings;
  /** Result of `pair`: bin k of the two frames at 2k and 2k + 1. */
  readonly power: Float64Array;
  private readonly fft: ComplexFft;
  private readonly window: Float64Array;
  private readonly re: Float64Array;
  private readonly im: Float64Array;
  private signal = new Float64Array(0);

  /** @throws UsageError `dsp/frames` for settings that make no sense */
  constructor(settings: FrameSettings) {
    checkFrameSettings(settings);
    const { nFft } = settings;
    this.settings = settings;
    this.bins = Math.floor(nFft / 2) + 1;
    this.power = new Float64Array(2 * this.bins);
    this.fft = planFft(nFft);
    this.window = halfWindow(settings);
    this.re = new Float64Array(nFft);
    this.im = new Float64Array(nFft);
  }

  /**
   * Takes a signal in, padded if centred; returns its number of frames.
   * @throws DataError `dsp/too-short` if there is not one frame
   */
  load(samples: Float32Array): number {
    const frames = requireFrames(samples.length, this.settings);
    const length = samples.length + this.settings.nFft;
    if (this.signal.length < length) this.signal = new Float64Array(length);
    padSignal(samples, this.settings, this.signal);
    return frames;
  }

  /** Fills `power` with frames t and u (which may be the same). */
  pair(t: number, u: number): void {
    const { re, im, window, signal, power, settings, bins } = this;
    const n = settings.nFft;
    const a = t * settings.hopLength;
    const b = u * settings.hopLength;
    for (let i = 0; i < n; i++) {
      const w = window[i]!;
      re[i] = signal[a + i]! * w;
      im[i] = signal[b + i]! * w;
    }
    this.fft.transform(re, im);
    power[0] = 4 * re[0]! * re[0]!;
    power[1] = 4 * im[0]! * im[0]!;
    for (let k = 1, m = n - 1; k < bins; k++, m--) {
      const zr = re[k]!;
      const zi = im[k]!;
      const yr = re[m]!;
      const yi = im[m]!;
      const ar = zr + yr;
      const ai = zi - yi;
      const br = zi + yi;
      const bi = yr - zr;
      power[2 * k] = ar * ar + ai * ai;
      power[2 * k + 1] = br * br + bi * bi;
    }
  }
}
