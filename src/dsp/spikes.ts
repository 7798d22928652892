/**
 * Removal of friction spikes: S. E. Schmidt et al., "Segmentation of heart sound recordings by a
 * duration-dependent hidden Markov model", Physiol. Meas. 31 (2010), §2.2, as in D. Springer's published code.
 */

/** Windows are this long, s. */
const WINDOW_SECONDS = 0.5;
/** A window holds a spike if its maximum absolute amplitude exceeds this many times the median one. */
const RATIO = 3;

/**
 * Maxima of windows of which the largest only ever become smaller: finds the largest and the median without
 * looking at all of them each time, so that hours with thousands of spikes take time in proportion to their length.
 */
class Maxima {
  private readonly values: Float64Array;
  /** Tournament: entry i is the better window of entries 2i and 2i + 1; the windows start at `leaves`. */
  private readonly best: Int32Array;
  private readonly leaves: number;
  /** In order up to the middle; what is above it is never looked at again. */
  private readonly sorted: Float64Array;
  private readonly middle: number;

  constructor(values: Float64Array) {
    this.values = values;
    this.leaves = 1;
    while (this.leaves < values.length) this.leaves *= 2;
    this.best = new Int32Array(2 * this.leaves).fill(-1);
    for (let w = 0; w < values.length; w++) this.best[this.leaves + w] = w;
    for (let i = this.leaves - 1; i >= 1; i--) this.best[i] = this.winner(i);
    this.sorted = values.slice().sort();
    this.middle = values.length >> 1;
  }

  /** The first of equals. */
  private winner(i: number): number {
    const left = this.best[2 * i]!;
    const right = this.best[2 * i + 1]!;
    return right >= 0 && this.values[right]! > this.values[left]! ? right : left;
  }

  /** Window with the largest maximum. */
  get worst(): number {
    return this.best[1]!;
  }

  get median(): number {
    const { sorted, middle } = this;
    return this.values.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }

  /** Gives the worst window a maximum that is at most what it was. */
  lower(value: number): void {
    const { best, sorted, worst } = this;
    this.values[worst] = value;
    for (let i = (this.leaves + worst) >> 1; i >= 1; i >>= 1) best[i] = this.winner(i);
    // What stays above the middle does not move it.
    if (value >= sorted[this.middle]!) return;
    let k = this.middle;
    for (; k > 0 && sorted[k - 1]! > value; k--) sorted[k] = sorted[k - 1]!;
    sorted[k] = value;
  }
}

/** Position of the largest |x| in [start, end); the first of equals. */
function peakPosition(x: Float32Array, start: number, end: number): number {
  let best = start;
  for (let i = start + 1; i < end; i++) if (Math.abs(x[i]!) > Math.abs(x[best]!)) best = i;
  return best;
}

/** Whether the sign changes between samples i and i + 1 (a zero has no sign). */
function crosses(x: Float32Array, i: number): boolean {
  return x[i]! * x[i + 1]! < 0;
}

/**
 * Returns a copy of `samples` without spikes. The signal is cut in windows of 500 ms; while any window's
 * maximum absolute amplitude exceeds three times the median of them all, the excursion (from zero crossing to
 * zero crossing within its window) around the largest is set to 0. What follows the last whole window is left alone.
 *
 * Two differences from Springer's code, which sets the excursion to 0.0001 and never ends on a signal that is
 * mostly silent: the value is 0, so that the scale of the signal does not matter, and nothing more is removed
 * once the median is 0.
 */
export function removeSpikes(samples: Float32Array, sampleRate: number): Float32Array {
  const x = samples.slice();
  const size = Math.round(sampleRate * WINDOW_SECONDS);
  const windows = size > 0 ? Math.floor(x.length / size) : 0;
  if (windows === 0) return x;
  const largest = (w: number) => Math.abs(x[peakPosition(x, w * size, (w + 1) * size)]!);
  const maxima = new Maxima(Float64Array.from({ length: windows }, (_, w) => largest(w)));
  for (;;) {
    const { worst, median } = maxima;
    const first = worst * size;
    const last = first + size - 1;
    const spike = peakPosition(x, first, last + 1);
    if (median === 0 || Math.abs(x[spike]!) <= RATIO * median) return x;
    // as in Springer's code, the excursion starts at the last sample before a crossing, the spike's own included
    let start = spike;
    while (start > first && (start === last || !crosses(x, start))) start--;
    let end = spike + 1;
    while (end < last && !crosses(x, end)) end++;
    x.fill(0, start, Math.min(end, last) + 1);
    maxima.lower(largest(worst));
  }
}
