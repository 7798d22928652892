/**
 * Removal of friction spikes: S. E. Schmidt et al., "Segmentation of heart sound recordings by a
 * duration-dependent hidden Markov model", Physiol. Meas. 31 (2010), §2.2, as in D. Springer's published code.
 */

/** Windows are this long, s. */
const WINDOW_SECONDS = 0.5;
/** A window holds a spike if its maximum absolute amplitude exceeds this many times the median one. */
const RATIO = 3;

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Position of the largest |x| in [start, end); the first of equals. */
function peakPosition(x: Float64Array | Float32Array, start: number, end: number): number {
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
  const maxima = new Float64Array(windows);
  const measure = (w: number) => {
    maxima[w] = Math.abs(x[peakPosition(x, w * size, (w + 1) * size)]!);
  };
  for (let w = 0; w < windows; w++) measure(w);
  for (;;) {
    const worst = peakPosition(maxima, 0, windows);
    const middle = median(maxima);
    if (middle === 0 || maxima[worst]! <= RATIO * middle) return x;
    const first = worst * size;
    const last = first + size - 1;
    const spike = peakPosition(x, first, last + 1);
    // as in Springer's code, the excursion starts at the last sample before a crossing, the spike's own included
    let start = spike;
    while (start > first && (start === last || !crosses(x, start))) start--;
    let end = spike + 1;
    while (end < last && !crosses(x, end)) end++;
    x.fill(0, start, Math.min(end, last) + 1);
    measure(worst);
  }
}
