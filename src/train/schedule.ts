import { cos } from '../base/math.ts';

export interface ScheduleOptions {
  readonly peak: number;
  readonly totalSteps: number;
  readonly warmupSteps: number;
  /** The last rate, as a share of the peak. */
  readonly floor?: number;
}

/**
 * Learning rate of a step (from 0): linear warm-up to the peak (Goyal et al. 2017), then half a cosine down to
 * `floor`·peak (Loshchilov & Hutter 2017, eq. 5).
 */
export function learningRateAt(
  step: number,
  { peak, totalSteps, warmupSteps, floor = 0.01 }: ScheduleOptions,
): number {
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const done = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return peak * (floor + (1 - floor) * 0.5 * (1 + cos(Math.PI * done)));
}
