import { keyOf, philox4x32 } from '../../base/philox.ts';
import type { OpAttributes } from '../ops.ts';
import {
  BYTES_MEAN,
  checkPlan,
  LEVEL_COLUMNS,
  LEVELS,
  PLAN,
  planColumns,
  readLevel,
} from '../window-plan.ts';
import type { Data, ReferenceKernel } from './kernel.ts';

/**
 * Training windows as the plan (see `window-plan.ts`) says: each is cut from its recording, which begins anew where
 * it ends too early; shifted in level and tilt; given noise, the four bytes of one random word an element summed,
 * which is roughly normal; masked in frequency and time (Park et al., "SpecAugment", 2019); and mixed with another
 * window of the batch that was treated so itself (Zhang et al., "mixup", 2018).
 */
export const augmentWindows: ReferenceKernel<'augmentWindows'> = ([store, plan, levels], [y], attributes) => {
  const batch = y.shape[0]!;
  const size = attributes.bands * attributes.frames;
  const columns = planColumns(attributes.frequencyMasks + attributes.timeMasks);
  checkPlan(plan.data, 0, batch, store.shape[0]!, attributes);
  const rowOf = (row: number) => ({
    plan: plan.data.subarray(row * columns, (row + 1) * columns),
    levels: levels.data.subarray(row * LEVEL_COLUMNS, (row + 1) * LEVEL_COLUMNS),
  });
  const windows = Array.from({ length: batch }, (_, row) => {
    const own = rowOf(row);
    const window = cut(store.data, own.plan, attributes);
    if (attributes.gain) shiftLevel(window, own.levels, attributes);
    if (attributes.noise) addNoise(window, own.plan, own.levels, row, attributes);
    mask(window, own.plan, attributes);
    return window;
  });
  for (let row = 0; row < batch; row++) {
    const own = rowOf(row);
    const share = attributes.mixup ? readLevel(own.levels, LEVELS.share) : 1;
    const [window, other] = [windows[row]!, windows[own.plan[PLAN.partner]!]!];
    for (let i = 0; i < size; i++) {
      y.data[row * size + i] = attributes.mixup ? share * window[i]! + (1 - share) * other[i]! : window[i]!;
    }
  }
};

type Attributes = OpAttributes['augmentWindows'];

function cut(store: Data, plan: Data, { bands, frames }: Attributes): Float64Array {
  const window = new Float64Array(bands * frames);
  for (let band = 0; band < bands; band++) {
    const row = plan[PLAN.offset]! + band * plan[PLAN.frames]!;
    for (let t = 0; t < frames; t++) {
      window[band * frames + t] = store[row + ((plan[PLAN.start]! + t) % plan[PLAN.frames]!)]!;
    }
  }
  return window;
}

/** Adds the level everywhere and a ramp from −tilt (lowest band) to +tilt (highest). */
function shiftLevel(window: Float64Array, levels: Data, { bands, frames }: Attributes): void {
  const [level, tilt] = [readLevel(levels, LEVELS.level), readLevel(levels, LEVELS.tilt)];
  for (let i = 0; i < window.length; i++) {
    const position = bands > 1 ? Math.floor(i / frames) / (bands - 1) : 0.5;
    window[i] = window[i]! + level + tilt * (2 * position - 1);
  }
}

function addNoise(window: Float64Array, plan: Data, levels: Data, row: number, attributes: Attributes): void {
  const { seed, stream, step } = attributes;
  const [low, high] = keyOf(seed);
  const scale = readLevel(levels, LEVELS.noiseScale);
  const words = new Uint32Array(4);
  for (let i = 0; i < window.length; i++) {
    const place = plan[PLAN.noiseWord]! + i;
    philox4x32(Math.floor(place / 4), step, stream, row, low, high, words);
    const word = words[place % 4]!;
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    window[i] = window[i]! + (sum - BYTES_MEAN) * scale;
  }
}

function mask(window: Float64Array, plan: Data, attributes: Attributes): void {
  const { bands, frames, frequencyMasks, timeMasks } = attributes;
  for (let m = 0; m < frequencyMasks + timeMasks; m++) {
    const start = plan[PLAN.masks + 2 * m]!;
    const end = start + plan[PLAN.masks + 2 * m + 1]!;
    if (m < frequencyMasks) window.fill(0, start * frames, end * frames);
    else for (let band = 0; band < bands; band++) window.fill(0, band * frames + start, band * frames + end);
  }
}
