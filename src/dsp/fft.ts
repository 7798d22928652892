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

/** cos and sin of 2π·k/n, taken from the first octant so that symmetric values have the same bits. */
export function unitRoot(k: number, n: number): readonly [number, number] {
  // in 1/8n of a turn, so that reflections stay integers
  let a = 8 * (((k % n) + n) % n);
  const below = a > 4 * n;
  if (below) a = 8 * n - a;
  const left = a > 2 * n;
  if (left) a = 4 * n - a;
  const steep = a > n;
  if (steep) a = 2 * n - a;
  const angle = (Math.PI * a) / (4 * n);
  const x = steep ? sin(angle) : cos(angle);
  const y = steep ? cos(angle) : sin(angle);
  return [left ? -x : x, below ? -y : y];
}

/** Twiddle factors of a radix-4 pass over transforms of this length: e^(−2πi·jp/length), j = 1, 2, 3, for each p. */
export function twiddleTable(length: number): Float64Array {
  const table = new Float64Array((length / 4) * 6);
  for (let p = 0; p < length / 4; p++) {
    for (let j = 1; j <= 3; j++) {
      const [c, s] = unitRoot(j * p, length);
      table[p * 6 + j * 2 - 2] = c;
      table[p * 6 + j * 2 - 1] = -s;
    }
  }
  return table;
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
    for (let length = n; length >= 4; length /= 4) this.twiddles.push(twiddleTable(length));
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

/** A plan for transforms of n real values, of which bins 0…n/2 say everything. */
export interface RealFft {
  readonly n: number;
  readonly bins: number;
  /** Writes X[0…bins−1] of x[0…n−1]; x is not changed. */
  transform(x: Float32Array | Float64Array, re: Float64Array, im: Float64Array): void;
}

/**
 * Makes a plan for real signals of length n ≥ 1. Even lengths take one complex transform of half the length:
 * its even and odd samples are real and imaginary part, separated afterwards.
 * @throws ShapeError `dsp/fft-length`
 */
export function planRealFft(n: number): RealFft {
  const half = n % 2 === 0;
  const inner = planFft(half ? n / 2 : n);
  const bins = Math.floor(n / 2) + 1;
  const a = new Float64Array(inner.n);
  const b = new Float64Array(inner.n);
  const roots = Array.from({ length: bins }, (_, k) => unitRoot(k, n));

  function transformOdd(x: Float32Array | Float64Array, re: Float64Array, im: Float64Array): void {
    for (let t = 0; t < n; t++) a[t] = x[t]!;
    b.fill(0);
    inner.transform(a, b);
    for (let k = 0; k < bins; k++) {
      re[k] = a[k]!;
      im[k] = b[k]!;
    }
  }

  function transformEven(x: Float32Array | Float64Array, re: Float64Array, im: Float64Array): void {
    const m = inner.n;
    for (let t = 0; t < m; t++) {
      a[t] = x[2 * t]!;
      b[t] = x[2 * t + 1]!;
    }
    inner.transform(a, b);
    for (let k = 0; k < bins; k++) {
      const i = k === m ? 0 : k;
      const j = k === 0 || k === m ? 0 : m - k;
      const evenRe = 0.5 * (a[i]! + a[j]!);
      const evenIm = 0.5 * (b[i]! - b[j]!);
      const oddRe = 0.5 * (b[i]! + b[j]!);
      const oddIm = 0.5 * (a[j]! - a[i]!);
      const [c, s] = roots[k]!;
      re[k] = evenRe + (oddRe * c + oddIm * s);
      im[k] = evenIm + (oddIm * c - oddRe * s);
    }
  }

  return { n, bins, transform: half ? transformEven : transformOdd };
}

export function isPowerOfTwo(n: number): boolean {
  return Number.isInteger(n) && n > 0 && n <= 1073741824 && (n & (n - 1)) === 0;
}
