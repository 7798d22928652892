/**
 * Normalisation, rectifier, max-pooling over windows of 2×2 and dropout in one, with the bits of the separate kernels.
 * A piece is one channel. Nothing of the size of x is kept: two rows at a time are normalised, pooled and dropped.
 *
 * Both kernels' args begin: images, channels, height, width, unit of dropout, threshold, step, stream, key low, key
 * high; floats: epsilon, scale of what is kept.
 */
import { arg, argD, argF, argI } from './args';
import { BLOCK, laneSum, meanOf, normalise, normalise4, varianceOf } from './channel';
import { keepMasks } from './philox';
import { evens, larger, odds, replaces } from './windows';

/** Units of dropout, argument 4: 0 for none. */
const ELEMENT = 1;
const CHANNEL = 2;
/** Masks are drawn for so many elements at a time, but whole rows; MASKS in ../batchnormblock.ts. */
const MASKS = 1024;

/**
 * Where the masks of row i of a plane of windows are; rows must be asked for one after the other.
 * @param previous where those of row i − 1 are
 */
// @ts-ignore: decorator
@inline
function masksOfRow(args: usize, plane: usize, i: i32, height: i32, width: i32, previous: usize, scratch: usize): usize {
  const unit = argI(args, 4);
  if (unit == ELEMENT) {
    const rows = max(1, MASKS / width);
    if (i % rows) return previous + (<usize>width << 2);
    const first = plane * <usize>(height * width) + <usize>(i * width);
    const end = first + <usize>(min(rows, height - i) * width);
    const start = first & ~7;
    return keepMasks(args + 20, <u32>(start >> 3), end - start, scratch) + ((first - start) << 2);
  }
  if (i == 0) {
    let kept: u8 = 0xff;
    if (unit == CHANNEL) {
      kept = load<u8>(keepMasks(args + 20, <u32>(plane >> 3), 8, scratch) + ((plane & 7) << 2));
    }
    memory.fill(scratch, kept, <usize>width << 2);
  }
  return scratch;
}

// @ts-ignore: decorator
@inline
function replacesOne(next: f32, best: f32): bool {
  return best == best && !(next <= best);
}

// @ts-ignore: decorator
@inline
function rectified(x: f32, mean: f32, scale: f32, beta: f32): f32 {
  const value = normalise(x, mean, scale, beta);
  return value < 0 ? 0 : value;
}

// @ts-ignore: decorator
@inline
function rectified4(x: v128, mean: v128, scale: v128, beta: v128): v128 {
  return f32x4.pmax(normalise4(x, mean, scale, beta), f32x4.splat(0));
}

/** args: as above, y, mean, variance, x, gamma, beta. */
export function batchNormBlock(args: usize, c: i32, scratch: usize): void {
  const images = argI(args, 0);
  const width = argI(args, 3);
  const outHeight = argI(args, 2) >> 1;
  const outWidth = width >> 1;
  const rowBytes = <usize>width << 2;
  const planeBytes = <usize>argI(args, 2) * rowBytes;
  const outBytes = <usize>(outHeight * outWidth) << 2;
  const step = arg(args, 1) * planeBytes;
  const channel = <usize>c << 2;
  const x = arg(args, 13) + <usize>c * planeBytes;
  const mean = meanOf(x, images, step, planeBytes);
  const variance = varianceOf(x, images, step, planeBytes, mean);
  store<f32>(arg(args, 11) + channel, mean);
  store<f32>(arg(args, 12) + channel, variance);

  const scale = <f32>(<f64>load<f32>(arg(args, 14) + channel) / Math.sqrt(<f64>variance + argD(args, 0)));
  const beta = load<f32>(arg(args, 15) + channel);
  const share = argF(args, 1);
  const means = f32x4.splat(mean);
  const scales = f32x4.splat(scale);
  const betas = f32x4.splat(beta);
  const shares = f32x4.splat(share);
  // The last image first: it is still in the cache.
  for (let n = images - 1; n >= 0; n--) {
    const plane = <usize>n * arg(args, 1) + <usize>c;
    let y = arg(args, 10) + plane * outBytes;
    let masks = scratch;
    for (let i = 0; i < outHeight; i++) {
      masks = masksOfRow(args, plane, i, outHeight, outWidth, masks, scratch);
      let p = x + <usize>n * step + <usize>(2 * i) * rowBytes;
      let q = p + rowBytes;
      let kept = masks;
      let j = 0;
      for (; j + 4 <= outWidth; j += 4, p += 32, q += 32, y += 16, kept += 16) {
        const low = larger(
          rectified4(v128.load(p), means, scales, betas),
          rectified4(v128.load(q), means, scales, betas),
        );
        const high = larger(
          rectified4(v128.load(p, 16), means, scales, betas),
          rectified4(v128.load(q, 16), means, scales, betas),
        );
        const top = larger(evens(low, high), odds(low, high));
        v128.store(y, v128.and(v128.load(kept), f32x4.mul(top, shares)));
      }
      for (; j < outWidth; j++, p += 8, q += 8, y += 4, kept += 4) {
        let top = rectified(load<f32>(p), mean, scale, beta);
        const b = rectified(load<f32>(p, 4), mean, scale, beta);
        if (replacesOne(b, top)) top = b;
        const c = rectified(load<f32>(q), mean, scale, beta);
        if (replacesOne(c, top)) top = c;
        const d = rectified(load<f32>(q, 4), mean, scale, beta);
        if (replacesOne(d, top)) top = d;
        store<f32>(y, load<i32>(kept) ? top * share : 0);
      }
    }
  }
}

/**
 * The gradient of the normalised values goes into dx first, a few rows at a time; when its sums are known, dx is made of
 * it where it lies. The sums are those of batchNormBackward, in the same order.
 * args: as above, dx, dgamma, dbeta, x, dy, gamma, beta, mean, variance.
 */
export function batchNormBlockBackward(args: usize, c: i32, scratch: usize): void {
  const images = argI(args, 0);
  const height = argI(args, 2);
  const width = argI(args, 3);
  const outHeight = height >> 1;
  const outWidth = width >> 1;
  const rowBytes = <usize>width << 2;
  const planeBytes = <usize>height * rowBytes;
  const outBytes = <usize>(outHeight * outWidth) << 2;
  const step = arg(args, 1) * planeBytes;
  const channel = <usize>c << 2;
  const x = arg(args, 13) + <usize>c * planeBytes;
  const toDx = arg(args, 10) - arg(args, 13);
  const gamma = load<f32>(arg(args, 15) + channel);
  const beta = load<f32>(arg(args, 16) + channel);
  const mean = load<f32>(arg(args, 17) + channel);
  const inverse = 1 / Math.sqrt(<f64>load<f32>(arg(args, 18) + channel) + argD(args, 0));
  const scale = <f32>(<f64>gamma * inverse);
  const share = argF(args, 1);
  const means = f32x4.splat(mean);
  const scales = f32x4.splat(scale);
  const betas = f32x4.splat(beta);
  const shares = f32x4.splat(share);
  const zero = f32x4.splat(0);

  let sumOfDy: f64 = 0;
  let sumOfProducts: f64 = 0;
  for (let n = 0; n < images; n++) {
    const plane = <usize>n * arg(args, 1) + <usize>c;
    const start = x + <usize>n * step;
    const last = start + planeBytes;
    let dy = arg(args, 14) + plane * outBytes;
    let masks = scratch;
    let p = start;
    let i = 0;
    let from = start;
    while (from < last) {
      const end = min(from + BLOCK, last);
      // The rows of this block of sums. The rectifier need not come before the maximum: what it changes is cut anyway.
      for (; p < end && i < outHeight; i++, p += rowBytes) {
        masks = masksOfRow(args, plane, i, outHeight, outWidth, masks, scratch);
        let kept = masks;
        let q = p + rowBytes;
        const rowEnd = q;
        let j = 0;
        for (; j + 4 <= outWidth; j += 4, p += 32, q += 32, dy += 16, kept += 16) {
          const p0 = normalise4(v128.load(p), means, scales, betas);
          const p1 = normalise4(v128.load(p, 16), means, scales, betas);
          const q0 = normalise4(v128.load(q), means, scales, betas);
          const q1 = normalise4(v128.load(q, 16), means, scales, betas);
          const a = evens(p0, p1);
          const b = odds(p0, p1);
          const takeB = replaces(b, a);
          const ab = v128.bitselect(b, a, takeB);
          const c = evens(q0, q1);
          const takeC = replaces(c, ab);
          const abc = v128.bitselect(c, ab, takeC);
          const d = odds(q0, q1);
          const takeD = replaces(d, abc);
          const cut = f32x4.le(v128.bitselect(d, abc, takeD), zero);
          const g = v128.andnot(v128.and(v128.load(kept), f32x4.mul(v128.load(dy), shares)), cut);
          const gD = v128.and(g, takeD);
          const notD = v128.andnot(g, takeD);
          const gC = v128.and(notD, takeC);
          const notC = v128.andnot(notD, takeC);
          const gB = v128.and(notC, takeB);
          const gA = v128.andnot(notC, takeB);
          v128.store(p + toDx, v128.shuffle<f32>(gA, gB, 0, 4, 1, 5));
          v128.store(p + toDx, v128.shuffle<f32>(gA, gB, 2, 6, 3, 7), 16);
          v128.store(q + toDx, v128.shuffle<f32>(gC, gD, 0, 4, 1, 5));
          v128.store(q + toDx, v128.shuffle<f32>(gC, gD, 2, 6, 3, 7), 16);
        }
        if (p < rowEnd) {
          memory.fill(p + toDx, 0, rowEnd - p);
          memory.fill(q + toDx, 0, rowEnd - p);
        }
        for (; j < outWidth; j++, p += 8, q += 8, dy += 4, kept += 4) {
          let at = p;
          let top = normalise(load<f32>(p), mean, scale, beta);
          const b = normalise(load<f32>(p, 4), mean, scale, beta);
          if (replacesOne(b, top)) {
            at = p + 4;
            top = b;
          }
          const c = normalise(load<f32>(q), mean, scale, beta);
          if (replacesOne(c, top)) {
            at = q;
            top = c;
          }
          const d = normalise(load<f32>(q, 4), mean, scale, beta);
          if (replacesOne(d, top)) {
            at = q + 4;
            top = d;
          }
          // Added to zero, as maxPool2dScatter does.
          if (load<i32>(kept) && !(top <= 0)) store<f32>(at + toDx, load<f32>(at + toDx) + load<f32>(dy) * share);
        }
        p = rowEnd;
      }
      // A last row without a window.
      if (i == outHeight && p < last) {
        memory.fill(p + toDx, 0, last - p);
        p = last;
      }

      let a0 = f32x4.splat(0);
      let a1 = a0;
      let p0 = a0;
      let p1 = a0;
      for (; from + 32 <= end; from += 32) {
        const g0 = v128.load(from + toDx);
        const g1 = v128.load(from + toDx, 16);
        a0 = f32x4.add(a0, g0);
        a1 = f32x4.add(a1, g1);
        p0 = f32x4.add(p0, f32x4.mul(g0, f32x4.sub(v128.load(from), means)));
        p1 = f32x4.add(p1, f32x4.mul(g1, f32x4.sub(v128.load(from, 16), means)));
      }
      sumOfDy += laneSum(f32x4.add(a0, a1));
      sumOfProducts += laneSum(f32x4.add(p0, p1));
      for (; from < end; from += 4) {
        const g = load<f32>(from + toDx);
        sumOfDy += g;
        sumOfProducts += g * (load<f32>(from) - mean);
      }
    }
  }
  // The products were with x−mean; x̂ is that times `inverse`.
  store<f32>(arg(args, 12) + channel, <f32>sumOfDy);
  store<f32>(arg(args, 11) + channel, <f32>(sumOfProducts * inverse));

  const count = <f64>images * <f64>(planeBytes >> 2);
  const shift = <f32>(sumOfDy / count);
  const slope = <f32>(sumOfProducts * inverse * inverse / count);
  const shifts = f32x4.splat(shift);
  const slopes = f32x4.splat(slope);
  // The last image first: it is still in the cache.
  for (let n = images - 1; n >= 0; n--) {
    let from = x + <usize>n * step;
    const end = from + planeBytes;
    for (; from + 16 <= end; from += 16) {
      const d = f32x4.sub(v128.load(from), means);
      const g = v128.load(from + toDx);
      v128.store(from + toDx, f32x4.mul(scales, f32x4.sub(f32x4.sub(g, shifts), f32x4.mul(d, slopes))));
    }
    for (; from < end; from += 4) {
      const d = load<f32>(from) - mean;
      store<f32>(from + toDx, scale * (load<f32>(from + toDx) - shift - d * slope));
    }
  }
}
