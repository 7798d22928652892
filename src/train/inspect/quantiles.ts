import type { Count, Summary } from './inspection.ts';

/** Rounded for reading; the figures themselves have more digits than meaning. */
export function rounded(value: number, digits = 3): number {
  let scale = 1;
  for (let i = 0; i < digits; i++) scale *= 10;
  // + 0 turns −0 into 0
  return Math.round(value * scale) / scale + 0;
}

/** Quantile of sorted values, linear between neighbours (type 7 of R. J. Hyndman and Y. Fan, 1996). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!);
}

/** Null where there is nothing to summarise. */
export function summarise(values: readonly (number | null)[], digits = 3): Summary | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0) return null;
  const at = (share: number) => rounded(quantile(known, share), digits);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return {
    count: known.length,
    min: at(0),
    q10: at(0.1),
    median: at(0.5),
    q90: at(0.9),
    max: at(1),
    mean: rounded(mean, digits),
  };
}

/** How often each value is there, the most frequent first, of equals the first seen. */
export function tallyOf(values: readonly string[]): Count[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
}

/** Items by key, in the order of their first appearance. */
export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const list = groups.get(name);
    if (list) list.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}
