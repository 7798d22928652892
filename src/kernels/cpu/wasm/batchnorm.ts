/**
 * Batch normalisation. A piece is one channel, whose values (32 images of 64×128: 1 MiB) mostly stay in the
 * second-level cache from one pass to the next.
 */
import { arg, argD, argI } from './args';
import { BLOCK, laneSum, meanOf, normalise, normalise4, varianceOf } from './channel';

/** y from x for all planes of a channel, `step` bytes apart, given its statistics. */
// @ts-ignore: decorator
@inline
function apply(
  y: usize, x: usize, images: i32, step: usize, planeBytes: usize,
  mean: f32, scale: f32, beta: f32, relu: i32,
): void {
  const means = f32x4.splat(mean);
  const scales = f32x4.splat(scale);
  const betas = f32x4.splat(beta);
  const zero = f32x4.splat(0);
  // pmax(v, floor) is v unless v < floor: it keeps NaN.
  const floor = relu ? zero : f32x4.splat(-Infinity);
  for (let n = 0; n < images; n++) {
    let from = x + <usize>n * step;
    let to = y + <usize>n * step;
    const end = from + planeBytes;
    for (; from + 32 <= end; from += 32, to += 32) {
      v128.store(to, f32x4.pmax(normalise4(v128.load(from), means, scales, betas), floor));
      v128.store(to, f32x4.pmax(normalise4(v128.load(from, 16), means, scales, betas), floor), 16);
    }
    for (; from < end; from += 4, to += 4) {
      const value = normalise(load<f32>(from), mean, scale, beta);
      store<f32>(to, relu && value < 0 ? 0 : value);
    }
  }
}

/** args: y, mean, variance, x, gamma, beta, images, channels, values a plane, relu; floats: epsilon. */
export function batchNorm(args: usize, c: i32, scratch: usize): void {
  const images = argI(args, 6);
  const planeBytes = arg(args, 8) << 2;
  const step = arg(args, 7) * planeBytes;
  const channel = <usize>c << 2;
  const x = arg(args, 3) + <usize>c * planeBytes;
  const mean = meanOf(x, images, step, planeBytes);
  const variance = varianceOf(x, images, step, planeBytes, mean);
  store<f32>(arg(args, 1) + channel, mean);
  store<f32>(arg(args, 2) + channel, variance);

  const scale = <f32>(<f64>load<f32>(arg(args, 4) + channel) / Math.sqrt(<f64>variance + argD(args, 0)));
  const beta = load<f32>(arg(args, 5) + channel);
  const y = arg(args, 0) + <usize>c * planeBytes;
  apply(y, x, images, step, planeBytes, mean, scale, beta, argI(args, 9));
}

/**
 * y as above, given the statistics.
 * args: y, x, gamma, beta, mean, variance, images, channels, values a plane, relu; floats: epsilon.
 */
export function batchNormApply(args: usize, c: i32, scratch: usize): void {
  const planeBytes = arg(args, 8) << 2;
  const channel = <usize>c << 2;
  const mean = load<f32>(arg(args, 4) + channel);
  const variance = load<f32>(arg(args, 5) + channel);
  const scale = <f32>(<f64>load<f32>(arg(args, 2) + channel) / Math.sqrt(<f64>variance + argD(args, 0)));
  const beta = load<f32>(arg(args, 3) + channel);
  const offset = <usize>c * planeBytes;
  const y = arg(args, 0) + offset;
  const x = arg(args, 1) + offset;
  apply(y, x, argI(args, 6), arg(args, 7) * planeBytes, planeBytes, mean, scale, beta, argI(args, 9));
}

/**
 * args: dx, dgamma, dbeta, x, dy, gamma, beta, mean, variance, images, channels, values a plane, relu; floats: epsilon.
 */
export function batchNormBackward(args: usize, c: i32, scratch: usize): void {
  const images = argI(args, 9);
  const planeBytes = arg(args, 11) << 2;
  const relu = argI(args, 12);
  const step = arg(args, 10) * planeBytes;
  const channel = <usize>c << 2;
  const toDx = arg(args, 0) + <usize>c * planeBytes - (arg(args, 3) + <usize>c * planeBytes);
  const toDy = arg(args, 4) - arg(args, 3);
  const x = arg(args, 3) + <usize>c * planeBytes;
  const gamma = load<f32>(arg(args, 5) + channel);
  const beta = load<f32>(arg(args, 6) + channel);
  const mean = load<f32>(arg(args, 7) + channel);
  const inverse = 1 / Math.sqrt(<f64>load<f32>(arg(args, 8) + channel) + argD(args, 0));
  const scale = <f32>(<f64>gamma * inverse);

  const means = f32x4.splat(mean);
  const scales = f32x4.splat(scale);
  const betas = f32x4.splat(beta);
  // Without relu nothing is at or below the threshold.
  const threshold: f32 = relu ? 0 : f32.NaN;
  const thresholds = f32x4.splat(threshold);

  let sumOfDy: f64 = 0;
  let sumOfProducts: f64 = 0;
  for (let n = 0; n < images; n++) {
    let from = x + <usize>n * step;
    const last = from + planeBytes;
    while (from < last) {
      const end = min(from + BLOCK, last);
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let p0 = a0;
      let p1 = a0;
      for (; from + 32 <= end; from += 32) {
        const d0 = f32x4.sub(v128.load(from), means);
        const d1 = f32x4.sub(v128.load(from, 16), means);
        const cut0 = f32x4.le(f32x4.add(f32x4.mul(d0, scales), betas), thresholds);
        const cut1 = f32x4.le(f32x4.add(f32x4.mul(d1, scales), betas), thresholds);
        const g0 = v128.andnot(v128.load(from + toDy), cut0);
        const g1 = v128.andnot(v128.load(from + toDy, 16), cut1);
        a0 = f32x4.add(a0, g0);
        a1 = f32x4.add(a1, g1);
        p0 = f32x4.add(p0, f32x4.mul(g0, d0));
        p1 = f32x4.add(p1, f32x4.mul(g1, d1));
      }
      sumOfDy += laneSum(f32x4.add(a0, a1));
      sumOfProducts += laneSum(f32x4.add(p0, p1));
      for (; from < end; from += 4) {
        const d = load<f32>(from) - mean;
        const g: f32 = d * scale + beta <= threshold ? 0 : load<f32>(from + toDy);
        sumOfDy += g;
        sumOfProducts += g * d;
      }
    }
  }
  // The products were with x−mean; x̂ is that times `inverse`.
  store<f32>(arg(args, 2) + channel, <f32>sumOfDy);
  store<f32>(arg(args, 1) + channel, <f32>(sumOfProducts * inverse));

  const count = <f64>images * <f64>arg(args, 11);
  const shift = <f32>(sumOfDy / count);
  const slope = <f32>(sumOfProducts * inverse * inverse / count);
  const shifts = f32x4.splat(shift);
  const slopes = f32x4.splat(slope);
  for (let n = 0; n < images; n++) {
    let from = x + <usize>n * step;
    const end = from + planeBytes;
    for (; from + 16 <= end; from += 16) {
      const d = f32x4.sub(v128.load(from), means);
      const cut = f32x4.le(f32x4.add(f32x4.mul(d, scales), betas), thresholds);
      const g = v128.andnot(v128.load(from + toDy), cut);
      v128.store(from + toDx, f32x4.mul(scales, f32x4.sub(f32x4.sub(g, shifts), f32x4.mul(d, slopes))));
    }
    for (; from < end; from += 4) {
      const d = load<f32>(from) - mean;
      const g: f32 = d * scale + beta <= threshold ? 0 : load<f32>(from + toDy);
      store<f32>(from + toDx, scale * (g - shift - d * slope));
    }
  }
}
