/**
 * How `augmentWindows` is told what to do: layout of its `plan` (int32 [B, P]) and `levels` (float [B, 12]).
 *
 * A row of the plan: where the recording begins in the store and how many frames it has; the first frame of the crop;
 * the window it is mixed with; the number of the random word (Philox, counter (word >> 2, step, stream, row)) that
 * the first element's noise is made of; then start and width of each mask, those in frequency first.
 *
 * A row of levels: four numbers, each as the sum of three float32: these hold all 53 bits of a float64, so that a
 * batch has the same bits wherever arithmetic is float64. A backend that computes in float32 reads the first alone.
 */
import { ShapeError } from '../base/errors.ts';
import type { OpAttributes } from './ops.ts';

/** Columns of the plan. */
export const PLAN = { offset: 0, frames: 1, start: 2, partner: 3, noiseWord: 4, masks: 5 } as const;

/** Columns of the levels: shift of everything, ramp over the bands, factor of the noise, share of the window itself. */
export const LEVELS = { level: 0, tilt: 3, noiseScale: 6, share: 9 } as const;
export const LEVEL_COLUMNS = 12;

/** Mean of the sum of four bytes drawn evenly: what noise is centred by. */
export const BYTES_MEAN = 510;

/** Columns of a plan with so many masks. */
export function planColumns(masks: number): number {
  return PLAN.masks + 2 * masks;
}

/** Writes a number as three float32 that sum to it exactly. */
export function writeLevel(levels: Float32Array, at: number, value: number): void {
  const high = Math.fround(value);
  const middle = Math.fround(value - high);
  levels[at] = high;
  levels[at + 1] = middle;
  levels[at + 2] = value - high - middle;
}

export function readLevel(levels: ArrayLike<number>, at: number): number {
  return levels[at]! + levels[at + 1]! + levels[at + 2]!;
}

/**
 * Refuses a plan that reaches outside of the store, the window or the batch.
 * @param at where the plan begins in `values`
 * @throws ShapeError `augmentWindows/plan`
 */
export function checkPlan(
  values: ArrayLike<number>,
  at: number,
  batch: number,
  storeLength: number,
  { bands, frames, frequencyMasks, timeMasks }: OpAttributes['augmentWindows'],
): void {
  const columns = planColumns(frequencyMasks + timeMasks);
  for (let row = 0; row < batch; row++) {
    const own = (column: number) => values[at + row * columns + column]!;
    const refuse = (what: string) => {
      const message = `augmentWindows: row ${row} of the plan: ${what} (store of ${storeLength} values, batch of ${batch}, windows of ${bands} × ${frames})`;
      throw new ShapeError('augmentWindows/plan', message);
    };
    const [offset, length, start] = [own(PLAN.offset), own(PLAN.frames), own(PLAN.start)];
    if (offset < 0 || length < 1 || offset + bands * length > storeLength)
      refuse(`a recording of ${length} frames at ${offset} is not within the store`);
    if (start < 0 || start >= length) refuse(`frame ${start} is not one of ${length}`);
    if (own(PLAN.partner) < 0 || own(PLAN.partner) >= batch)
      refuse(`there is no window ${own(PLAN.partner)}`);
    for (let mask = 0; mask < frequencyMasks + timeMasks; mask++) {
      const [first, width] = [own(PLAN.masks + 2 * mask), own(PLAN.masks + 2 * mask + 1)];
      if (first < 0 || width < 0 || first + width > (mask < frequencyMasks ? bands : frames))
        refuse(`mask ${mask} from ${first}, ${width} wide, is not within the window`);
    }
  }
}
