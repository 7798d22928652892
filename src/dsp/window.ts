/** Window functions, periodic (for spectra of successive frames, as SciPy's `get_window`). */

import { UsageError } from '../base/errors.ts';
import { cos } from '../base/math.ts';

export type WindowName = 'hann' | 'hamming' | 'rectangular';

/** Periodic Hann window of n samples: ½ − ½·cos(2πt/n). */
export function hann(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, t) => 0.5 - 0.5 * cos((2 * Math.PI * t) / n));
}

/** Periodic Hamming window of n samples: 0.54 − 0.46·cos(2πt/n). */
export function hamming(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, t) => 0.54 - 0.46 * cos((2 * Math.PI * t) / n));
}

/**
 * The named window of `length` samples, centred between zeros if `size` is longer.
 * @throws UsageError `dsp/window` for an unknown name or a window longer than `size`
 */
export function makeWindow(name: WindowName, length: number, size = length): Float64Array {
  if (length > size) throw new UsageError('dsp/window', `window of ${length} samples in a frame of ${size}`);
  const out = new Float64Array(size);
  const at = Math.floor((size - length) / 2);
  if (name === 'hann') out.set(hann(length), at);
  else if (name === 'hamming') out.set(hamming(length), at);
  else if (name === 'rectangular') out.fill(1, at, at + length);
  else throw new UsageError('dsp/window', `unknown window '${name}'`, 'Known: hann, hamming, rectangular');
  return out;
}
