/**
 * Mel scales and triangular filterbanks. Two scales are in use: HTK's 2595·log10(1 + f/700) (D. O'Shaughnessy,
 * "Speech Communication", 1987; S. Young et al., "The HTK Book") and that of M. Slaney's "Auditory Toolbox"
 * (Interval Research TR 1998-010): linear below 1 kHz, logarithmic above.
 */
import { UsageError } from '../base/errors.ts';
import { exp, log, log10, pow } from '../base/math.ts';

export type MelScale = 'slaney' | 'htk';
/** `slaney`: each filter has area 1 over frequency; `none`: each has height 1. */
export type MelNorm = 'slaney' | 'none';

/** Slaney: mels per Hz below the break, the break itself, and log-steps above it. */
const HZ_PER_MEL = 200 / 3;
const BREAK_HZ = 1000;
const BREAK_MEL = BREAK_HZ / HZ_PER_MEL;
const LOG_STEP = log(6.4) / 27;

/** Frequency in Hz to mels. */
export function hzToMel(hz: number, scale: MelScale): number {
  if (scale === 'htk') return 2595 * log10(1 + hz / 700);
  return hz < BREAK_HZ ? hz / HZ_PER_MEL : BREAK_MEL + log(hz / BREAK_HZ) / LOG_STEP;
}

/** Mels to frequency in Hz. */
export function melToHz(mel: number, scale: MelScale): number {
  if (scale === 'htk') return 700 * (pow(10, mel / 2595) - 1);
  return mel < BREAK_MEL ? mel * HZ_PER_MEL : BREAK_HZ * exp(LOG_STEP * (mel - BREAK_MEL));
}

export interface MelSettings {
  /** Hz */
  sampleRate: number;
  /** Length of the transform in samples. */
  nFft: number;
  bands: number;
  /** Lower edge of the first filter, Hz. */
  fMin: number;
  /** Upper edge of the last filter, Hz. */
  fMax: number;
  scale: MelScale;
  norm: MelNorm;
}

/** Triangles over the bins 0…nFft/2 of a power spectrum, stored as one run of weights a band. */
export interface MelFilterbank {
  bands: number;
  bins: number;
  /** First bin of each band's run. */
  firstBin: Int32Array;
  /** Where each band's weights start in `weights`; one more entry than bands. */
  offset: Int32Array;
  weights: Float64Array;
}

/** Edges in Hz: bands + 2 points, equally far apart in mels. */
export function melEdges(bands: number, fMin: number, fMax: number, scale: MelScale): Float64Array {
  const low = hzToMel(fMin, scale);
  const step = (hzToMel(fMax, scale) - low) / (bands + 1);
  return Float64Array.from({ length: bands + 2 }, (_, i) => melToHz(low + i * step, scale));
}

/** Index of the first band in which no bin lies strictly between the edges, or −1. */
function firstEmpty(edges: Float64Array, binHz: number, bins: number): number {
  for (let band = 0; band + 2 < edges.length; band++) {
    const bin = Math.floor(edges[band]! / binHz) + 1;
    if (bin >= bins || bin * binHz >= edges[band + 2]!) return band;
  }
  return -1;
}

function emptyFilterError(settings: MelSettings, band: number, edges: Float64Array): UsageError {
  const { bands, fMin, fMax, scale, nFft, sampleRate } = settings;
  const binHz = sampleRate / nFft;
  const bins = Math.floor(nFft / 2) + 1;
  let fit = bands - 1;
  while (fit > 0 && firstEmpty(melEdges(fit, fMin, fMax, scale), binHz, bins) >= 0) fit--;
  const range = `${edges[band]!.toFixed(1)}–${edges[band + 2]!.toFixed(1)} Hz`;
  const most = fit > 0 ? ` (${fit} fit)` : '';
  return new UsageError(
    'dsp/empty-mel-filter',
    `mel band ${band} of ${bands} (${range}) holds no FFT bin: bins are ${binHz.toFixed(2)} Hz apart`,
    `Use fewer bands${most}, a larger nFft than ${nFft}, or a higher fMin than ${fMin} Hz`,
  );
}

/**
 * The filterbank, equal to librosa's `filters.mel`.
 * @throws UsageError `dsp/mel` for impossible settings, `dsp/empty-mel-filter` if a band would hold no bin
 */
export function melFilterbank(settings: MelSettings): MelFilterbank {
  const { sampleRate, nFft, bands, fMin, fMax, scale, norm } = settings;
  if (!(bands >= 1 && Number.isInteger(bands)))
    throw new UsageError('dsp/mel', `bands is ${bands}, not a positive integer`);
  if (!(fMin >= 0 && fMin < fMax && fMax <= sampleRate / 2)) {
    const what = `fMin ${fMin} Hz and fMax ${fMax} Hz must satisfy 0 ≤ fMin < fMax ≤ ${sampleRate / 2} Hz`;
    throw new UsageError(
      'dsp/mel',
      what,
      `Half the sample rate of ${sampleRate} Hz is the highest frequency`,
    );
  }
  const bins = Math.floor(nFft / 2) + 1;
  const binHz = sampleRate / nFft;
  const edges = melEdges(bands, fMin, fMax, scale);
  const empty = firstEmpty(edges, binHz, bins);
  if (empty >= 0) throw emptyFilterError(settings, empty, edges);

  const firstBin = new Int32Array(bands);
  const offset = new Int32Array(bands + 1);
  const weights: number[] = [];
  for (let band = 0; band < bands; band++) {
    const [low, centre, high] = edges.subarray(band, band + 3) as unknown as [number, number, number];
    const height = norm === 'slaney' ? 2 / (high - low) : 1;
    const first = Math.floor(low / binHz) + 1;
    firstBin[band] = first;
    for (let bin = first; bin < bins && bin * binHz < high; bin++) {
      const hz = bin * binHz;
      weights.push(height * Math.min((hz - low) / (centre - low), (high - hz) / (high - centre)));
    }
    offset[band + 1] = weights.length;
  }
  return { bands, bins, firstBin, offset, weights: Float64Array.from(weights) };
}
