/**
 * What `augmentWindows` is to do with a batch, drawn on the host: a few numbers a window. Every draw is placed by
 * (seed, step, window), so any window of any step can be made again on its own. The words that noise is made of are
 * not drawn here but passed over: the op draws them where the samples are.
 */
import { pow } from '../base/math.ts';
import type { OpAttributes } from '../tensor/index.ts';
import { LEVEL_COLUMNS, LEVELS, PLAN, planColumns, writeLevel } from '../tensor/ops/augment.ts';
import { type AugmentSettings, NO_AUGMENTATION } from './augment.ts';
import { Draws, STREAMS } from './draws.ts';

/** Windows to be cut: see `window-plan.ts` of the kernels for the layout. */
export interface WindowPlan {
  readonly size: number;
  /** Which recording each window is cut from. */
  readonly recordings: Int32Array;
  /** [size, columns]; where recordings lie in memory is left open. */
  readonly plan: Int32Array;
  /** [size, LEVEL_COLUMNS]. */
  readonly levels: Float32Array;
  readonly attributes: OpAttributes['augmentWindows'];
}

/** Shares of mixup: window i becomes λᵢ·i + (1−λᵢ)·partnerᵢ. */
export interface Mixing {
  readonly partners: readonly number[];
  readonly shares: Float64Array;
}

export interface WindowSize {
  readonly bands: number;
  readonly frames: number;
}

/** Standard deviation of the sum of four bytes drawn evenly. */
const BYTES_DEVIATION = Math.sqrt((4 * (256 * 256 - 1)) / 12);

/** Windows as they lie in their recordings, from the given frames on. */
export function planWindowsAt(
  places: readonly { readonly recording: number; readonly start: number }[],
  lengths: (recording: number) => number,
  { bands, frames }: WindowSize,
): WindowPlan {
  const result = emptyPlan(places.length, { bands, frames }, NO_AUGMENTATION, { seed: 0, step: 0 });
  for (const [row, { recording, start }] of places.entries()) {
    result.recordings[row] = recording;
    result.plan[row * PLAN.masks + PLAN.frames] = lengths(recording);
    result.plan[row * PLAN.masks + PLAN.start] = start;
  }
  return result;
}

/**
 * Random crops of the chosen recordings, to be varied and mixed.
 * @param lengths frames of a recording
 */
export function planCrops(
  chosen: ArrayLike<number>,
  lengths: (recording: number) => number,
  size: WindowSize,
  settings: AugmentSettings,
  place: { readonly seed: number; readonly step: number },
): { readonly plan: WindowPlan; readonly mixing: Mixing | null } {
  const result = emptyPlan(chosen.length, size, settings, place);
  const columns = planColumns(settings.frequencyMasks + settings.timeMasks);
  for (let row = 0; row < chosen.length; row++) {
    const length = lengths(chosen[row]!);
    const draws = new Draws(place.seed, STREAMS.augment, place.step, row);
    const plan = result.plan.subarray(row * columns, (row + 1) * columns);
    const levels = result.levels.subarray(row * LEVEL_COLUMNS, (row + 1) * LEVEL_COLUMNS);
    result.recordings[row] = chosen[row]!;
    plan[PLAN.frames] = length;
    plan[PLAN.start] = draws.integer(Math.max(1, length - size.frames + 1));
    drawVariation(plan, levels, size, settings, draws);
  }
  const mixing = settings.mixup > 0 ? drawMixing(chosen.length, settings.mixup, place) : null;
  for (let row = 0; mixing && row < chosen.length; row++) {
    result.plan[row * columns + PLAN.partner] = mixing.partners[row]!;
    writeLevel(result.levels, row * LEVEL_COLUMNS + LEVELS.share, mixing.shares[row]!);
  }
  return { plan: result, mixing };
}

function emptyPlan(
  size: number,
  { bands, frames }: WindowSize,
  { frequencyMasks, timeMasks, gain, noise, mixup }: AugmentSettings,
  { seed, step }: { readonly seed: number; readonly step: number },
): WindowPlan {
  return {
    size,
    recordings: new Int32Array(size),
    plan: new Int32Array(size * planColumns(frequencyMasks + timeMasks)),
    levels: new Float32Array(size * LEVEL_COLUMNS),
    attributes: {
      ...{ seed, step, stream: STREAMS.augment },
      ...{ bands, frames, frequencyMasks, timeMasks },
      ...{ gain: gain > 0, noise: noise > 0, mixup: mixup > 0 },
    },
  };
}

/** Level and tilt, noise, masks: the order of the draws decides what a seed means and must stay. */
function drawVariation(
  plan: Int32Array,
  levels: Float32Array,
  { bands, frames }: WindowSize,
  settings: AugmentSettings,
  draws: Draws,
): void {
  if (settings.gain > 0) {
    writeLevel(levels, LEVELS.level, draws.uniform(-1, 1) * settings.gain);
    writeLevel(levels, LEVELS.tilt, draws.uniform(-1, 1) * settings.gain);
  }
  if (settings.noise > 0) {
    writeLevel(levels, LEVELS.noiseScale, (draws.uniform() * settings.noise) / BYTES_DEVIATION);
    plan[PLAN.noiseWord] = draws.position;
    draws.skip(bands * frames);
  }
  const masks = settings.frequencyMasks + settings.timeMasks;
  for (let mask = 0; mask < masks; mask++) {
    const inFrequency = mask < settings.frequencyMasks;
    const [extent, share] = inFrequency
      ? [bands, settings.frequencyMaskShare]
      : [frames, settings.timeMaskShare];
    const width = draws.integer(Math.floor(extent * share) + 1);
    plan[PLAN.masks + 2 * mask] = draws.integer(extent - width + 1);
    plan[PLAN.masks + 2 * mask + 1] = width;
  }
}

/** Mixup within a batch (Zhang et al. 2018): every window is a partner once; one λ ~ Beta(α, α) a window. */
function drawMixing(
  size: number,
  alpha: number,
  place: { readonly seed: number; readonly step: number },
): Mixing {
  const draws = new Draws(place.seed, STREAMS.mixup, place.step);
  const partners = draws.shuffle(Array.from({ length: size }, (_, i) => i));
  const shares = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    // The larger share stays with the window itself, so that a batch keeps its balance.
    const drawn = betaDraw(alpha, draws);
    shares[i] = Math.max(drawn, 1 - drawn);
  }
  return { partners, shares };
}

/** Beta(α, α) by Jöhnk's method (1964): good for α ≤ 1, which mixup uses. */
function betaDraw(alpha: number, draws: Draws): number {
  for (;;) {
    const x = pow(draws.uniform(), 1 / alpha);
    const y = pow(draws.uniform(), 1 / alpha);
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}
