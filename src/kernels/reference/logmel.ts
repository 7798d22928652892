import { ShapeError } from '../../base/errors.ts';
import type { ReferenceKernel } from './kernel.ts';

/** Index into a signal of `length` samples, mirrored at both ends without repeating them, as often as needed. */
function mirror(i: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const j = ((i % period) + period) % period;
  return j < length ? j : period - j;
}

/**
 * Power spectra of successive frames through a filterbank, as librosa's `melspectrogram(power=2)`: with frame f's
 * windowed samples x[t], P[k] = |Σ_t x[t]·root[k·t mod n]|² for k = 0…n/2, and y[band, f] = Σ_j weight[band, j]·
 * P[firstBin[band] + j]. Samples beyond the ends, of which there are `padding` on each side, are 0 or mirrored.
 */
export const melPower: ReferenceKernel<'melPower'> = (
  [samples, window, roots, firstBin, weights],
  [y],
  { hopLength, padding, reflect },
) => {
  const [batch, length] = samples.shape as [number, number];
  const n = window.shape[0]!;
  const [, bands, frames] = y.shape as [number, number, number];
  const width = weights.shape[1]!;
  const bins = Math.floor(n / 2) + 1;
  for (let band = 0; band < bands; band++) {
    const first = firstBin.data[band]!;
    if (first < 0 || first >= bins) {
      const message = `melPower: band ${band} begins at bin ${first}, of ${bins}`;
      throw new ShapeError('melPower/bin', message);
    }
  }
  const frame = new Float64Array(n);
  const power = new Float64Array(bins);
  for (let b = 0; b < batch; b++) {
    const sampleAt = (i: number) => {
      if (i >= 0 && i < length) return samples.data[b * length + i]!;
      return reflect ? samples.data[b * length + mirror(i, length)]! : 0;
    };
    for (let f = 0; f < frames; f++) {
      for (let t = 0; t < n; t++) frame[t] = sampleAt(f * hopLength + t - padding) * window.data[t]!;
      for (let k = 0; k < bins; k++) {
        let [re, im] = [0, 0];
        for (let t = 0; t < n; t++) {
          const root = 2 * ((k * t) % n);
          re += frame[t]! * roots.data[root]!;
          im += frame[t]! * roots.data[root + 1]!;
        }
        power[k] = re * re + im * im;
      }
      for (let band = 0; band < bands; band++) {
        const first = firstBin.data[band]!;
        let sum = 0;
        for (let j = 0; j < width && first + j < bins; j++)
          sum += weights.data[band * width + j]! * power[first + j]!;
        y.data[(b * bands + band) * frames + f] = sum;
      }
    }
  }
};
