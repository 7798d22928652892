/**
 * Scaled dot-product attention, two queries at a time: their scores against all keys go to scratch, are turned into
 * weights there, and the values are added up with these. No matrix of all scores is ever stored.
 */
import { arg, argF } from './args';
import { firstLanes, high64, low64, storeFirst } from './lanes';
import { exponentials, rowMaximum } from './rows';

/** Values added up before they join the total, so that long sums keep their accuracy. */
const BATCH: usize = 128;

/**
 * args: y, q, k, v, T, S, D, E, pairs of queries, pairs a piece; floats: scale. Pairs are counted through all of B,
 * ⌈T/2⌉ each. Scratch: two rows of S scores, each rounded up to four.
 */
export function attentionKernel(args: usize, piece: i32, scratch: usize): void {
  const T = arg(args, 4);
  const S = arg(args, 5);
  const D = arg(args, 6);
  const E = arg(args, 7);
  const scale = f32x4.splat(argF(args, 0));
  const pairsInB = (T + 1) >> 1;
  const first = <usize>piece * arg(args, 9);
  const last = min(first + arg(args, 9), arg(args, 8));
  const scores0 = scratch;
  const scores1 = scratch + (((S + 3) & ~3) << 2);
  for (let pair = first; pair < last; pair++) {
    const b = pair / pairsInB;
    const t = (pair - b * pairsInB) << 1;
    // The last of an odd number of queries is paired with itself.
    const other: usize = t + 1 < T ? 1 : 0;
    const q0 = arg(args, 1) + (((b * T + t) * D) << 2);
    const q1 = q0 + ((other * D) << 2);
    const k = arg(args, 2) + ((b * S * D) << 2);
    for (let s: usize = 0; s < S; s += 4) {
      scoreFour(scores0 + (s << 2), scores1 + (s << 2), q0, q1, k, s, S, D, scale);
    }
    const sum0 = exponentials(true, scores0, scores0, S, rowMaximum(scores0, S));
    const sum1 = exponentials(true, scores1, scores1, S, rowMaximum(scores1, S));
    const y0 = arg(args, 0) + (((b * T + t) * E) << 2);
    const y1 = y0 + ((other * E) << 2);
    const v = arg(args, 3) + ((b * S * E) << 2);
    for (let e: usize = 0; e < E; e += 16) {
      const at = e << 2;
      addValues(y0 + at, y1 + at, scores0, scores1, v + at, S, E, min(16, E - e), <f32>(1 / sum0), <f32>(1 / sum1));
    }
  }
}

/** Scores of two queries against keys s … s+3 (the last again where there are fewer). */
// @ts-ignore: decorator
@inline
function scoreFour(
  to0: usize, to1: usize, q0: usize, q1: usize, k: usize, s: usize, S: usize, D: usize, scale: v128,
): void {
  const k0 = k + ((s * D) << 2);
  const k1 = k + ((min(s + 1, S - 1) * D) << 2);
  const k2 = k + ((min(s + 2, S - 1) * D) << 2);
  const k3 = k + ((min(s + 3, S - 1) * D) << 2);
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  const whole = (D & ~3) << 2;
  for (let d: usize = 0; d < whole; d += 16) {
    const x0 = v128.load(q0 + d);
    const x1 = v128.load(q1 + d);
    let key = v128.load(k0 + d);
    a0 = f32x4.add(a0, f32x4.mul(x0, key));
    b0 = f32x4.add(b0, f32x4.mul(x1, key));
    key = v128.load(k1 + d);
    a1 = f32x4.add(a1, f32x4.mul(x0, key));
    b1 = f32x4.add(b1, f32x4.mul(x1, key));
    key = v128.load(k2 + d);
    a2 = f32x4.add(a2, f32x4.mul(x0, key));
    b2 = f32x4.add(b2, f32x4.mul(x1, key));
    key = v128.load(k3 + d);
    a3 = f32x4.add(a3, f32x4.mul(x0, key));
    b3 = f32x4.add(b3, f32x4.mul(x1, key));
  }
  if (D & 3) {
    // Products are masked, not factors: what lies behind a row may be NaN.
    const lanes = firstLanes(D & 3);
    const x0 = v128.load(q0 + whole);
    const x1 = v128.load(q1 + whole);
    let key = v128.load(k0 + whole);
    a0 = f32x4.add(a0, v128.and(f32x4.mul(x0, key), lanes));
    b0 = f32x4.add(b0, v128.and(f32x4.mul(x1, key), lanes));
    key = v128.load(k1 + whole);
    a1 = f32x4.add(a1, v128.and(f32x4.mul(x0, key), lanes));
    b1 = f32x4.add(b1, v128.and(f32x4.mul(x1, key), lanes));
    key = v128.load(k2 + whole);
    a2 = f32x4.add(a2, v128.and(f32x4.mul(x0, key), lanes));
    b2 = f32x4.add(b2, v128.and(f32x4.mul(x1, key), lanes));
    key = v128.load(k3 + whole);
    a3 = f32x4.add(a3, v128.and(f32x4.mul(x0, key), lanes));
    b3 = f32x4.add(b3, v128.and(f32x4.mul(x1, key), lanes));
  }
  v128.store(to0, f32x4.mul(sumsOf(a0, a1, a2, a3), scale));
  v128.store(to1, f32x4.mul(sumsOf(b0, b1, b2, b3), scale));
}

/** Lane i: the sum of the lanes of argument i. */
// @ts-ignore: decorator
@inline
function sumsOf(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
}

/** y = scale·Σ_s w_s·v_s for two queries and up to 16 columns of v, in batches of BATCH values. */
// @ts-ignore: decorator
@inline
function addValues(
  y0: usize, y1: usize, w0: usize, w1: usize, v: usize, S: usize, E: usize, count: usize, scale0: f32, scale1: f32,
): void {
  const zero = f32x4.splat(0);
  let A0 = zero;
  let A1 = zero;
  let A2 = zero;
  let A3 = zero;
  let B0 = zero;
  let B1 = zero;
  let B2 = zero;
  let B3 = zero;
  for (let start: usize = 0; start < S; start += BATCH) {
    const end = min(start + BATCH, S);
    let a0 = zero;
    let a1 = zero;
    let a2 = zero;
    let a3 = zero;
    let b0 = zero;
    let b1 = zero;
    let b2 = zero;
    let b3 = zero;
    for (let s = start; s < end; s++) {
      const row = v + ((s * E) << 2);
      const x0 = v128.load32_splat(w0 + (s << 2));
      const x1 = v128.load32_splat(w1 + (s << 2));
      let value = v128.load(row);
      a0 = f32x4.add(a0, f32x4.mul(x0, value));
      b0 = f32x4.add(b0, f32x4.mul(x1, value));
      value = v128.load(row, 16);
      a1 = f32x4.add(a1, f32x4.mul(x0, value));
      b1 = f32x4.add(b1, f32x4.mul(x1, value));
      value = v128.load(row, 32);
      a2 = f32x4.add(a2, f32x4.mul(x0, value));
      b2 = f32x4.add(b2, f32x4.mul(x1, value));
      value = v128.load(row, 48);
      a3 = f32x4.add(a3, f32x4.mul(x0, value));
      b3 = f32x4.add(b3, f32x4.mul(x1, value));
    }
    A0 = f32x4.add(A0, a0);
    A1 = f32x4.add(A1, a1);
    A2 = f32x4.add(A2, a2);
    A3 = f32x4.add(A3, a3);
    B0 = f32x4.add(B0, b0);
    B1 = f32x4.add(B1, b1);
    B2 = f32x4.add(B2, b2);
    B3 = f32x4.add(B3, b3);
  }
  storeColumns(y0, count, f32x4.splat(scale0), A0, A1, A2, A3);
  storeColumns(y1, count, f32x4.splat(scale1), B0, B1, B2, B3);
}

/** Stores the first `count` of sixteen values times `scale`. */
// @ts-ignore: decorator
@inline
function storeColumns(y: usize, count: usize, scale: v128, a: v128, b: v128, c: v128, d: v128): void {
  storeFirst(y, f32x4.mul(a, scale), min(count, 4));
  if (count > 4) storeFirst(y + 16, f32x4.mul(b, scale), min(count - 4, 4));
  if (count > 8) storeFirst(y + 32, f32x4.mul(c, scale), min(count - 8, 4));
  if (count > 12) storeFirst(y + 48, f32x4.mul(d, scale), count - 12);
}

/**
 * Row by row, what comes with g·vᵀ becomes the gradient of the scores: w·(x − Σ w·x)·scale, with w the weights. Sums
 * are in float64.
 * args: x, w, rows, rows a piece, row length; floats: scale.
 */
export function attentionSlopesKernel(args: usize, piece: i32, scratch: usize): void {
  const first = <usize>piece * arg(args, 3);
  const last = min(first + arg(args, 3), arg(args, 2));
  const count = arg(args, 4);
  const bytes = count << 2;
  const whole = (count & ~7) << 2;
  const rest = count & 7;
  const scale = f32x4.splat(argF(args, 0));
  for (let row = first; row < last; row++) {
    const x = arg(args, 0) + row * bytes;
    const w = arg(args, 1) + row * bytes;
    let a = f64x2.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let at: usize = 0; at < whole; at += 32) {
      const one = f32x4.mul(v128.load(w + at), v128.load(x + at));
      const two = f32x4.mul(v128.load(w + at, 16), v128.load(x + at, 16));
      a = f64x2.add(a, low64(one));
      b = f64x2.add(b, high64(one));
      c = f64x2.add(c, low64(two));
      d = f64x2.add(d, high64(two));
    }
    if (rest) {
      const one = v128.and(f32x4.mul(v128.load(w + whole), v128.load(x + whole)), firstLanes(rest));
      const two = v128.and(
        f32x4.mul(v128.load(w + whole, 16), v128.load(x + whole, 16)),
        firstLanes(rest > 4 ? rest - 4 : 0),
      );
      a = f64x2.add(a, low64(one));
      b = f64x2.add(b, high64(one));
      c = f64x2.add(c, low64(two));
      d = f64x2.add(d, high64(two));
    }
    const sums = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
    const mean = f32x4.splat(<f32>(f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)));
    for (let at: usize = 0; at < bytes; at += 16) {
      const slope = f32x4.mul(v128.load(w + at), f32x4.sub(v128.load(x + at), mean));
      storeFirst(x + at, f32x4.mul(slope, scale), min(4, count - (at >> 2)));
    }
  }
}
