import { Draws, STREAMS } from './draws.ts';
import type { Figure, Scored } from './metrics.ts';
import { byCodeUnits } from './recording.ts';

/** A percentile interval; null where too few resamples had the figure. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Nominal coverage, such as 0.95. */
  readonly level: number;
  /** Resamples in which the figure was defined. */
  readonly resamples: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  /** Default 1000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
}

/**
 * Percentile bootstrap over groups (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13):
 * whole subjects are drawn with replacement, because recordings of one subject are not independent and
 * drawing recordings would promise too narrow an interval.
 *
 * @returns null where the figure was defined in under half of the resamples, or there is one group only
 */
export function bootstrapByGroup<T extends Pick<Scored, 'group'>>(
  scored: readonly T[],
  figure: (sample: readonly T[]) => Figure,
  options: BootstrapOptions,
): Interval | null {
  const { seed, resamples = 1000, level = 0.95 } = options;
  const members = new Map<string, T[]>();
  for (const item of scored) {
    const list = members.get(item.group);
    if (list) list.push(item);
    else members.set(item.group, [item]);
  }
  if (members.size < 2) return null;
  const groups = [...members.keys()].sort(byCodeUnits).map((name) => members.get(name)!);

  const values: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    const draws = new Draws(seed, STREAMS.bootstrap, resample);
    const sample: T[] = [];
    for (let i = 0; i < groups.length; i++) sample.push(...groups[draws.integer(groups.length)]!);
    const value = figure(sample);
    if (value !== null) values.push(value);
  }
  if (values.length < resamples / 2) return null;
  values.sort((a, b) => a - b);
  const at = (share: number) => values[Math.round(share * (values.length - 1))]!;
  return { low: at((1 - level) / 2), high: at((1 + level) / 2), level, resamples: values.length };
}
