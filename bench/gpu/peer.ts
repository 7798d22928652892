/** What everybody is given of a case, and what is known of everybody beside the times of turns. */
import type { Contestant, Missing } from '../harness.ts';
import type { BatchValues, Case, WeightIndex } from './training-step.ts';

/** Steps whose losses must be ours before anybody is timed: forward, backward and the optimiser all show in them. */
export const CHECKED_STEPS = 4;

export interface Shared {
  readonly subject: Case;
  readonly batch: BatchValues;
  readonly weights: Float32Array;
  readonly index: WeightIndex;
  readonly weightsFile: string;
  readonly inputFile: string;
  /** Ours, of the first steps, without dropout. */
  readonly losses: readonly number[];
}

export interface Peer {
  readonly contestant: Contestant | Missing;
  /** Milliseconds of a step that is waited for. */
  readonly alone?: () => Promise<number>;
  /** Milliseconds a step on the device; asked for after the turns. */
  readonly device?: () => number | undefined;
}

/** null where `theirs` are ours within a relative tolerance, else what is wrong. */
export function agree(theirs: readonly number[], ours: readonly number[], tolerance: number): string | null {
  const error = Math.max(...ours.map((loss, i) => Math.abs(loss - theirs[i]!) / Math.abs(loss)));
  if (theirs.length === ours.length && error <= tolerance) return null;
  const show = (losses: readonly number[]) => losses.map((loss) => loss.toPrecision(6)).join(' ');
  return `trains differently: losses ${show(theirs)}, ours ${show(ours)}`;
}
