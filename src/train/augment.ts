import { pow } from '../base/math.ts';
import { Draws, STREAMS } from './draws.ts';

/** How training windows are varied. Features are standardised, so 0 is the mean and 1 a standard deviation. */
export interface AugmentSettings {
  /** Masks in time and their greatest width as a share of the window (Park et al., SpecAugment, 2019). */
  readonly timeMasks: number;
  readonly timeMaskShare: number;
  /** Masks in frequency and their greatest width as a share of the bands. */
  readonly frequencyMasks: number;
  readonly frequencyMaskShare: number;
  /** Greatest shift of the level of a window, and of its tilt from the lowest band to the highest. */
  readonly gain: number;
  /** Greatest standard deviation of added noise. */
  readonly noise: number;
  /** α of mixup's Beta(α, α) (Zhang et al. 2018); 0 for none. */
  readonly mixup: number;
}

export const NO_AUGMENTATION: AugmentSettings = {
  timeMasks: 0,
  timeMaskShare: 0,
  frequencyMasks: 0,
  frequencyMaskShare: 0,
  gain: 0,
  noise: 0,
  mixup: 0,
};

/**
 * Varies one window [bands, frames] in place. Its draws are placed by (seed, step, sample), so any window of
 * any step can be made again on its own.
 */
export function augmentWindow(
  window: Float32Array,
  bands: number,
  settings: AugmentSettings,
  draws: Draws,
): void {
  const frames = window.length / bands;
  if (settings.gain > 0)
    shiftLevel(window, frames, draws.uniform(-1, 1) * settings.gain, draws.uniform(-1, 1) * settings.gain);
  if (settings.noise > 0) addNoise(window, draws.uniform() * settings.noise, draws);
  for (let i = 0; i < settings.frequencyMasks; i++) {
    const width = draws.integer(Math.floor(bands * settings.frequencyMaskShare) + 1);
    const start = draws.integer(bands - width + 1);
    window.fill(0, start * frames, (start + width) * frames);
  }
  for (let i = 0; i < settings.timeMasks; i++) {
    const width = draws.integer(Math.floor(frames * settings.timeMaskShare) + 1);
    const start = draws.integer(frames - width + 1);
    for (let band = 0; band < bands; band++)
      window.fill(0, band * frames + start, band * frames + start + width);
  }
}

/** Adds `level` everywhere and a ramp from −tilt (lowest band) to +tilt (highest). */
function shiftLevel(window: Float32Array, frames: number, level: number, tilt: number): void {
  const bands = window.length / frames;
  for (let i = 0; i < window.length; i++) {
    const position = bands > 1 ? Math.floor(i / frames) / (bands - 1) : 0.5;
    window[i] = window[i]! + level + tilt * (2 * position - 1);
  }
}

/** Mean and standard deviation of the sum of four bytes drawn evenly. */
const BYTES_MEAN = 510;
const BYTES_DEVIATION = Math.sqrt((4 * (256 * 256 - 1)) / 12);

/** Adds roughly normal noise: one random word an element, its four bytes summed. */
function addNoise(window: Float32Array, deviation: number, draws: Draws): void {
  const scale = deviation / BYTES_DEVIATION;
  for (let i = 0; i < window.length; i++) {
    const word = draws.word();
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    window[i] = window[i]! + (sum - BYTES_MEAN) * scale;
  }
}

/**
 * Mixup within a batch: window i becomes λ·i + (1−λ)·partner, and so does its target. One λ a window.
 * @param windows [batch, …] in place
 * @param targets [batch, classes] in place
 */
export function mixup(
  windows: Float32Array,
  targets: Float64Array,
  batch: number,
  alpha: number,
  draws: Draws,
): void {
  const partners = draws.shuffle(Array.from({ length: batch }, (_, i) => i));
  const [sources, goals] = [windows.slice(), targets.slice()];
  const [width, classes] = [windows.length / batch, targets.length / batch];
  for (let i = 0; i < batch; i++) {
    // The larger share stays with the window itself, so that a batch keeps its balance.
    const drawn = betaDraw(alpha, draws);
    const lambda = Math.max(drawn, 1 - drawn);
    const partner = partners[i]!;
    for (let j = 0; j < width; j++)
      windows[i * width + j] =
        lambda * sources[i * width + j]! + (1 - lambda) * sources[partner * width + j]!;
    for (let j = 0; j < classes; j++)
      targets[i * classes + j] =
        lambda * goals[i * classes + j]! + (1 - lambda) * goals[partner * classes + j]!;
  }
}

/** Beta(α, α) by Jöhnk's method (1964): good for α ≤ 1, which mixup uses. */
function betaDraw(alpha: number, draws: Draws): number {
  for (;;) {
    const x = pow(draws.uniform(), 1 / alpha);
    const y = pow(draws.uniform(), 1 / alpha);
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}

/** Where the draws of a window, or of a batch's mixup, come from. */
export function windowDraws(seed: number, step: number, sample: number): Draws {
  return new Draws(seed, STREAMS.augment, step, sample);
}
export function mixupDraws(seed: number, step: number): Draws {
  return new Draws(seed, STREAMS.mixup, step);
}
