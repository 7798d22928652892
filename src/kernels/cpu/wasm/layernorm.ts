/** Layer normalisation of rows; the formulas stand in reference/layernorm.ts. Sums are in float64. */
import { arg, argD } from './args';
import { firstLanes, high64, load64, low64, storeFirst } from './lanes';

/** The two lanes of a + b added up. */
// @ts-ignore: decorator
@inline
function total(a: v128, b: v128): f64 {
  const sum = f64x2.add(a, b);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** (x − mean) − low for four values. */
// @ts-ignore: decorator
@inline
function centred(x: usize, mean: v128, low: v128): v128 {
  return f32x4.sub(f32x4.sub(v128.load(x), mean), low);
}

/** args: y, mean, variance, x, gamma, beta, rows, rows a piece, row length; floats: epsilon. */
export function layerNormKernel(args: usize, piece: i32, scratch: usize): void {
  const gamma = arg(args, 4);
  const beta = arg(args, 5);
  const first = <usize>piece * arg(args, 7);
  const last = min(first + arg(args, 7), arg(args, 6));
  const length = arg(args, 8);
  const whole = (length & ~3) << 2;
  const rest = length & 3;
  const lanes = firstLanes(rest);
  for (let row = first; row < last; row++) {
    const x = arg(args, 3) + ((row * length) << 2);
    const y = arg(args, 0) + ((row * length) << 2);
    let a = f64x2.splat(0);
    let b = a;
    for (let at: usize = 0; at < whole; at += 16) {
      a = f64x2.add(a, load64(x + at));
      b = f64x2.add(b, load64(x + at + 8));
    }
    if (rest) {
      const v = v128.and(v128.load(x + whole), lanes);
      a = f64x2.add(a, low64(v));
      b = f64x2.add(b, high64(v));
    }
    const mean = total(a, b) / <f64>length;
    const means = f32x4.splat(<f32>mean);
    // What float32 loses of the mean: matters where it is far from 0 beside the spread.
    const lows = f32x4.splat(<f32>(mean - <f64><f32>mean));
    a = f64x2.splat(0);
    b = a;
    for (let at: usize = 0; at < whole; at += 16) {
      const d = centred(x + at, means, lows);
      const squares = f32x4.mul(d, d);
      a = f64x2.add(a, low64(squares));
      b = f64x2.add(b, high64(squares));
    }
    if (rest) {
      const d = v128.and(centred(x + whole, means, lows), lanes);
      const squares = f32x4.mul(d, d);
      a = f64x2.add(a, low64(squares));
      b = f64x2.add(b, high64(squares));
    }
    const variance = total(a, b) / <f64>length;
    store<f32>(arg(args, 1) + (row << 2), <f32>mean);
    store<f32>(arg(args, 2) + (row << 2), <f32>variance);
    const inverse = f32x4.splat(<f32>(1 / sqrt<f64>(variance + argD(args, 0))));
    for (let at: usize = 0; at < whole; at += 16) {
      const normalised = f32x4.mul(centred(x + at, means, lows), inverse);
      v128.store(y + at, f32x4.add(f32x4.mul(v128.load(gamma + at), normalised), v128.load(beta + at)));
    }
    if (rest) {
      const normalised = f32x4.mul(centred(x + whole, means, lows), inverse);
      const value = f32x4.add(f32x4.mul(v128.load(gamma + whole), normalised), v128.load(beta + whole));
      storeFirst(y + whole, value, rest);
    }
  }
}

/**
 * args: dx, partials, pieces, x, dy, gamma, mean, variance, rows, rows a piece, row length; floats: epsilon.
 * partials: float64 [2·length][pieces], the piece's share of dgamma and dbeta. Scratch: 2·length + 8 float64.
 */
export function layerNormBackwardKernel(args: usize, piece: i32, scratch: usize): void {
  const gamma = arg(args, 5);
  const first = <usize>piece * arg(args, 9);
  const last = min(first + arg(args, 9), arg(args, 8));
  const length = arg(args, 10);
  // dgamma, then dbeta, each rounded up to whole vectors of four.
  const padded = (length + 3) & ~3;
  memory.fill(scratch, 0, padded << 4);
  const lanes = firstLanes(length & 3);
  for (let row = first; row < last; row++) {
    const x = arg(args, 3) + ((row * length) << 2);
    const dy = arg(args, 4) + ((row * length) << 2);
    const dx = arg(args, 0) + ((row * length) << 2);
    const mean = v128.load32_splat(arg(args, 6) + (row << 2));
    const variance = <f64>load<f32>(arg(args, 7) + (row << 2));
    const inverse = f32x4.splat(<f32>(1 / sqrt<f64>(variance + argD(args, 0))));
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let p0 = s0;
    let p1 = s0;
    for (let i: usize = 0; i < length; i += 4) {
      const at = i << 2;
      let normalised = f32x4.mul(f32x4.sub(v128.load(x + at), mean), inverse);
      let upstream = v128.load(dy + at);
      let g = f32x4.mul(upstream, v128.load(gamma + at));
      if (i + 4 > length) {
        normalised = v128.and(normalised, lanes);
        upstream = v128.and(upstream, lanes);
        g = v128.and(g, lanes);
      }
      addTo(scratch + (i << 3), f32x4.mul(upstream, normalised));
      addTo(scratch + ((padded + i) << 3), upstream);
      const gx = f32x4.mul(g, normalised);
      s0 = f64x2.add(s0, low64(g));
      s1 = f64x2.add(s1, high64(g));
      p0 = f64x2.add(p0, low64(gx));
      p1 = f64x2.add(p1, high64(gx));
    }
    const meanG = f32x4.splat(<f32>(total(s0, s1) / <f64>length));
    const meanGx = f32x4.splat(<f32>(total(p0, p1) / <f64>length));
    for (let i: usize = 0; i < length; i += 4) {
      const at = i << 2;
      const normalised = f32x4.mul(f32x4.sub(v128.load(x + at), mean), inverse);
      const g = f32x4.mul(v128.load(dy + at), v128.load(gamma + at));
      const d = f32x4.mul(inverse, f32x4.sub(f32x4.sub(g, meanG), f32x4.mul(normalised, meanGx)));
      if (i + 4 <= length) v128.store(dx + at, d);
      else storeFirst(dx + at, d, length - i);
    }
  }
  const pieces = arg(args, 2);
  for (let i: usize = 0; i < length; i++) {
    const at = arg(args, 1) + ((i * pieces + <usize>piece) << 3);
    store<f64>(at, load<f64>(scratch + (i << 3)));
    store<f64>(at + ((length * pieces) << 3), load<f64>(scratch + ((padded + i) << 3)));
  }
}

/** Adds four values to four float64 in memory. */
// @ts-ignore: decorator
@inline
function addTo(at: usize, values: v128): void {
  v128.store(at, f64x2.add(v128.load(at), low64(values)));
  v128.store(at + 16, f64x2.add(v128.load(at + 16), high64(values)));
}
