/**
 * Statistics and normalisation of one channel. Sums: four float32 vectors over at most BLOCK bytes, then float64.
 * Mean and variance are rounded to float32 before they are used, so that backward sees the same relu as forward.
 */
/** Bytes summed in float32 before the sum goes on in float64. */
export const BLOCK: usize = 4096 * 4;

// @ts-ignore: decorator
@inline
export function laneSum(v: v128): f64 {
  return <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1) +
    (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3));
}

function sum(from: usize, bytes: usize): f64 {
  let total: f64 = 0;
  const last = from + bytes;
  while (from < last) {
    const end = min(from + BLOCK, last);
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (; from + 64 <= end; from += 64) {
      a = f32x4.add(a, v128.load(from));
      b = f32x4.add(b, v128.load(from, 16));
      c = f32x4.add(c, v128.load(from, 32));
      d = f32x4.add(d, v128.load(from, 48));
    }
    for (; from + 16 <= end; from += 16) a = f32x4.add(a, v128.load(from));
    total += laneSum(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    for (; from < end; from += 4) total += load<f32>(from);
  }
  return total;
}

function squares(from: usize, bytes: usize, mean: f32): f64 {
  let total: f64 = 0;
  const m = f32x4.splat(mean);
  const last = from + bytes;
  while (from < last) {
    const end = min(from + BLOCK, last);
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (; from + 64 <= end; from += 64) {
      const x0 = f32x4.sub(v128.load(from), m);
      const x1 = f32x4.sub(v128.load(from, 16), m);
      const x2 = f32x4.sub(v128.load(from, 32), m);
      const x3 = f32x4.sub(v128.load(from, 48), m);
      a = f32x4.add(a, f32x4.mul(x0, x0));
      b = f32x4.add(b, f32x4.mul(x1, x1));
      c = f32x4.add(c, f32x4.mul(x2, x2));
      d = f32x4.add(d, f32x4.mul(x3, x3));
    }
    for (; from + 16 <= end; from += 16) {
      const x0 = f32x4.sub(v128.load(from), m);
      a = f32x4.add(a, f32x4.mul(x0, x0));
    }
    total += laneSum(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    for (; from < end; from += 4) {
      const x0 = load<f32>(from) - mean;
      total += x0 * x0;
    }
  }
  return total;
}

/** γ·(x−mean)/√(variance+ε)+β; all passes of all kernels must compute it with the same operations. */
// @ts-ignore: decorator
@inline
export function normalise(x: f32, mean: f32, scale: f32, beta: f32): f32 {
  return (x - mean) * scale + beta;
}

// @ts-ignore: decorator
@inline
export function normalise4(x: v128, mean: v128, scale: v128, beta: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.sub(x, mean), scale), beta);
}

/** Mean of the planes of a channel, `step` bytes apart, rounded. */
export function meanOf(x: usize, images: i32, step: usize, planeBytes: usize): f32 {
  let total: f64 = 0;
  for (let n = 0; n < images; n++) total += sum(x + <usize>n * step, planeBytes);
  return <f32>(total / (<f64>images * <f64>(planeBytes >> 2)));
}

/** Their biased variance, rounded, given the rounded mean. */
export function varianceOf(x: usize, images: i32, step: usize, planeBytes: usize, mean: f32): f32 {
  let total: f64 = 0;
  for (let n = 0; n < images; n++) total += squares(x + <usize>n * step, planeBytes, mean);
  return <f32>(total / (<f64>images * <f64>(planeBytes >> 2)));
}
