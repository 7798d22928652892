/**
 * Discrete Fourier transforms in float64, any length: X[k] = Σ x[t]·e^(−2πi·kt/n), unscaled.
 * Powers of two: Stockham's self-sorting radix-4 algorithm (C. Van Loan, "Computational Frameworks for the
 * Fast Fourier Transform", SIAM 1992, §1.7), which needs no bit reversal and walks memory in order. Other
 * lengths: L. Bluestein's chirp transform (1970) over a power of two.
 * Plans hold twiddle factors and work space: make one a length and use it many times, never concurrently.
 */
import { ShapeError } from '../base/errors.ts';
import { cos, sin } from '../base/math.ts';
import { firstPass, radix2Last, radix4Pass } from './fft-passes.ts';

/** cos and sin of 2π·k/n, reduced to the first octant so that symmetric values have the same bits. */
export function unitRoot(k: number, n: number): readonly [number, number] {
  k %= n;
  if (k < 0) k += n;
  const octant = Math.floor((8 * k) / n);
  // distance from the nearest multiple of a quarter turn
  const quarter = Math.floor((octant + 1) / 2);
  const d = (4 * k - quarter * n) / 4;
  const angle = (2 * Math.PI * d) / n;
  const c = cos(angle);
  const s = sin(angle);
  if (quarter % 4 === 0) return [c, s];
  if (quarter === 1) return [-s, c];
  if (quarter === 2) return [-c, -s];
  return [s, -c];
}

/** Complex transform of n = 2^m values. */
class PowerOfTwoFft {
  readonly n: number;
  private readonly workRe: Float64Array;
  private readonly workIm: Float64Array;
  /** One table a pass: cos and −sin of p, 2p and 3p times the pass's angle. */
  private readonly twiddles: Float64Array[] = [];

  constructor(n: number) {
    this.n = n;
    this.workRe = new Float64Array(n);
    this.workIm = new Float64Array(n);
    for (let length = n; length >= 4; length /= 4) {
      const table = new Float64Array((length / 4) * 6);
      for (let p = 0; p < length / 4; p++) {
        for (let j = 1; j <= 3; j++) {
          const [c, s] = unitRoot(j * p, length);
          table[p * 6 + j * 2 - 2] = c;
          table[p * 6 + j * 2 - 1] = -s;
        }
      }
      this.twiddles.push(table);
    }
  }

  /** In place. */
  transform(re: Float64Array, im: Float64Array): void {
    let fromRe = re;
    let fromIm = im;
    let toRe = this.workRe;
    let toIm = this.workIm;
    let length = this.n;
    let stride = 1;
    for (const table of this.twiddles) {
      if (stride === 1) firstPass(length / 4, fromRe, fromIm, toRe, toIm, table);
      else radix4Pass(length / 4, stride, fromRe, fromIm, toRe, toIm, table);
      [fromRe, toRe] = [toRe, fromRe];
      [fromIm, toIm] = [toIm, fromIm];
      length /= 4;
      stride *= 4;
    }
    if (length === 2) {
      radix2Last(stride, fromRe, fromIm, toRe, toIm);
      [fromRe, toRe] = [toRe, fromRe];
      [fromIm, toIm] = [toIm, fromIm];
    }
    if (fromRe !== re) {
      re.set(fromRe);
      im.set(fromIm);
    }
  }
}

/** Complex transform of any length: X[k] = conj-chirp[k]·((x·chirp) ∗ chirp)[k], chirp = e^(−πi·t²/n). */
class BluesteinFft {
  readonly n: number;
  private readonly inner: PowerOfTwoFft;
  private readonly chirpRe: Float64Array;
  private readonly chirpIm: Float64Array;
  private readonly kernelRe: Float64Array;
  private readonly kernelIm: Float64Array;
  private readonly workRe: Float64Array;
  private readonly workIm: Float64Array;

  constructor(n: number) {
    this.n = n;
    let size = 1;
    while (size < 2 * n - 1) size *= 2;
    this.inner = new PowerOfTwoFft(size);
    this.chirpRe = new Float64Array(n);
    this.chirpIm = new Float64Array(n);
    this.kernelRe = new Float64Array(size);
    this.kernelIm = new Float64Array(size);
    this.workRe = new Float64Array(size);
    this.workIm = new Float64Array(size);
    // t² mod 2n, kept exact by adding odd numbers
    for (let t = 0, square = 0; t < n; square = (square + 2 * t + 1) % (2 * n), t++) {
      const [c, s] = unitRoot(square, 2 * n);
      this.chirpRe[t] = c;
      this.chirpIm[t] = -s;
      this.kernelRe[t] = c / size;
      this.kernelIm[t] = s / size;
      if (t > 0) {
        this.kernelRe[size - t] = c / size;
        this.kernelIm[size - t] = s / size;
      }
    }
    this.inner.transform(this.kernelRe, this.kernelIm);
  }

  /** In place. */
  transform(re: Float64Array, im: Float64Array): void {
    const { n, chirpRe, chirpIm, kernelRe, kernelIm, workRe, workIm, inner } = this;
    workRe.fill(0, n);
    workIm.fill(0, n);
    for (let t = 0; t < n; t++) {
      workRe[t] = re[t]! * chirpRe[t]! - im[t]! * chirpIm[t]!;
      workIm[t] = re[t]! * chirpIm[t]! + im[t]! * chirpRe[t]!;
    }
    inner.transform(workRe, workIm);
    // a transform with real and imaginary part exchanged is an inverse one (scaled in the kernel)
    for (let k = 0; k < workRe.length; k++) {
      const a = workRe[k]!;
      const b = workIm[k]!;
      workRe[k] = a * kernelRe[k]! - b * kernelIm[k]!;
      workIm[k] = a * kernelIm[k]! + b * kernelRe[k]!;
    }
    inner.transform(workIm, workRe);
    for (let k = 0; k < n; k++) {
      re[k] = workRe[k]! * chirpRe[k]! - workIm[k]! * chirpIm[k]!;
      im[k] = workRe[k]! * chirpIm[k]! + workIm[k]! * chirpRe[k]!;
    }
  }
}

/** A plan for complex transforms of one length. */
export interface ComplexFft {
  readonly n: number;
  /** Replaces n complex values by their transform. Arrays must be exactly n long. */
  transform(re: Float64Array, im: Float64Array): void;
}

/**
 * Makes a plan for length n ≥ 1.
 * @throws ShapeError `dsp/fft-length`
 */
export function planFft(n: number): ComplexFft {
  if (!Number.isInteger(n) || n < 1 || n > 67108864) {
    throw new ShapeError('dsp/fft-length', `FFT length ${n} is not an integer from 1 to 2^26`);
  }
  return isPowerOfTwo(n) ? new PowerOfTwoFft(n) : new BluesteinFft(n);
}

export function isPowerOfTwo(n: number): boolean {
  return Number.isInteger(n) && n > 0 && n <= 1073741824 && (n & (n - 1)) === 0;
}
