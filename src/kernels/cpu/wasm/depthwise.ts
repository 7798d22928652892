/**
 * Depthwise convolution: every channel has a kernel of its own, so there is nothing to share between channels and the
 * tile lies along the row only. `offsets` says where in the padded plane each tap of output 0 lies, as in conv2d.ts.
 */
import { arg, argI } from './args';
import { floorOf, storePart } from './conv2d';
import { padPlanes } from './padding';

/**
 * args: y, x, weight, bias (0: none), offsets, taps, planes, channels, pieces, height, width, outHeight, outWidth,
 * paddedRows, strideH, top, left, phases, pitch, relu. A piece is a run of planes (image, channel).
 */
export function depthwise(args: usize, piece: i32, scratch: usize): void {
  const offsets = arg(args, 4);
  const taps = argI(args, 5);
  const planes = argI(args, 6);
  const channels = argI(args, 7);
  const pieces = argI(args, 8);
  const height = argI(args, 9);
  const width = argI(args, 10);
  const outHeight = argI(args, 11);
  const outWidth = argI(args, 12);
  const phases = argI(args, 17);
  const pitch = argI(args, 18);
  const rowBytes = <usize>(argI(args, 14) * phases * pitch) << 2;
  const bias = arg(args, 3);
  const floor = floorOf(argI(args, 19));
  const end = <i32>(<i64>(piece + 1) * planes / pieces);
  for (let plane = <i32>(<i64>piece * planes / pieces); plane < end; plane++) {
    padPlanes(
      scratch, arg(args, 1) + (<usize>plane * <usize>(height * width) << 2), 1, height, width,
      -argI(args, 15), argI(args, 16), argI(args, 13), phases, pitch,
    );
    const channel = plane % channels;
    const w = arg(args, 2) + (<usize>(channel * taps) << 2);
    const b: f32 = bias ? load<f32>(bias + (<usize>channel << 2)) : 0;
    let y = arg(args, 0) + (<usize>plane * <usize>(outHeight * outWidth) << 2);
    for (let r = 0; r < outHeight; r++, y += <usize>outWidth << 2) {
      const from = scratch + <usize>r * rowBytes;
      let p = 0;
      for (; p + 16 <= outWidth; p += 16) tile16(w, from + (<usize>p << 2), offsets, taps, y + (<usize>p << 2), b, floor);
      for (; p + 4 <= outWidth; p += 4) tile4(w, from + (<usize>p << 2), offsets, taps, y + (<usize>p << 2), b, 4, floor);
      if (p < outWidth) tile4(w, from + (<usize>p << 2), offsets, taps, y + (<usize>p << 2), b, outWidth - p, floor);
    }
  }
}

// @ts-ignore: decorator
@inline
function tile16(w: usize, from: usize, offsets: usize, taps: i32, to: usize, bias: f32, floor: v128): void {
  let a = f32x4.splat(bias);
  let b = a;
  let c = a;
  let d = a;
  const stop = w + (<usize>taps << 2);
  for (; w < stop; w += 4, offsets += 4) {
    const x = from + <usize>load<u32>(offsets);
    const s = v128.load32_splat(w);
    a = f32x4.add(a, f32x4.mul(v128.load(x), s));
    b = f32x4.add(b, f32x4.mul(v128.load(x, 16), s));
    c = f32x4.add(c, f32x4.mul(v128.load(x, 32), s));
    d = f32x4.add(d, f32x4.mul(v128.load(x, 48), s));
  }
  v128.store(to, f32x4.pmax(a, floor));
  v128.store(to, f32x4.pmax(b, floor), 16);
  v128.store(to, f32x4.pmax(c, floor), 32);
  v128.store(to, f32x4.pmax(d, floor), 48);
}

// @ts-ignore: decorator
@inline
function tile4(w: usize, from: usize, offsets: usize, taps: i32, to: usize, bias: f32, count: i32, floor: v128): void {
  let a = f32x4.splat(bias);
  const stop = w + (<usize>taps << 2);
  for (; w < stop; w += 4, offsets += 4) {
    a = f32x4.add(a, f32x4.mul(v128.load(from + <usize>load<u32>(offsets)), v128.load32_splat(w)));
  }
  storePart(to, f32x4.pmax(a, floor), count);
}

/**
 * args: dw, x, dy, offsets, taps, images, channels, height, width, outHeight, outWidth, paddedRows, strideH, top, left,
 * phases, pitch, offset of the sums in scratch. A piece is a channel. Sums over a plane are float32, over images float64.
 */
export function depthwiseWeightGrad(args: usize, channel: i32, scratch: usize): void {
  const offsets = arg(args, 3);
  const taps = argI(args, 4);
  const images = argI(args, 5);
  const channels = argI(args, 6);
  const height = argI(args, 7);
  const width = argI(args, 8);
  const outHeight = argI(args, 9);
  const outWidth = argI(args, 10);
  const phases = argI(args, 15);
  const pitch = argI(args, 16);
  const rowBytes = <usize>(argI(args, 12) * phases * pitch) << 2;
  const sums = scratch + arg(args, 17);
  memory.fill(sums, 0, <usize>taps << 3);
  for (let n = 0; n < images; n++) {
    const plane = <usize>(n * channels + channel);
    padPlanes(
      scratch, arg(args, 1) + (plane * <usize>(height * width) << 2), 1, height, width,
      -argI(args, 13), argI(args, 14), argI(args, 11), phases, pitch,
    );
    const dy = arg(args, 2) + (plane * <usize>(outHeight * outWidth) << 2);
    for (let t = 0; t < taps; t += 3) {
      const valid = min(3, taps - t);
      sumTaps(
        sums + (<usize>t << 3), dy, scratch, offsets + (<usize>t << 2), valid, outHeight, outWidth, rowBytes,
      );
    }
  }
  const to = arg(args, 0) + (<usize>(channel * taps) << 2);
  for (let t: usize = 0; t < <usize>taps; t++) store<f32>(to + (t << 2), <f32>load<f64>(sums + (t << 3)));
}

/** Adds Σ dy·x of up to three taps to three float64 sums. */
function sumTaps(
  sums: usize, dy: usize, x: usize, offsets: usize, valid: i32, rows: i32, width: i32, rowBytes: usize,
): void {
  const o0 = x + <usize>load<u32>(offsets);
  const o1 = x + <usize>load<u32>(offsets + (<usize>min(1, valid - 1) << 2));
  const o2 = x + <usize>load<u32>(offsets + (<usize>min(2, valid - 1) << 2));
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let restA: f32 = 0;
  let restB: f32 = 0;
  let restC: f32 = 0;
  for (let r: usize = 0; r < <usize>rows; r++) {
    let p0 = o0 + r * rowBytes;
    let p1 = o1 + r * rowBytes;
    let p2 = o2 + r * rowBytes;
    const end = dy + (<usize>width << 2);
    for (; dy + 32 <= end; dy += 32, p0 += 32, p1 += 32, p2 += 32) {
      const y0 = v128.load(dy);
      const y1 = v128.load(dy, 16);
      a0 = f32x4.add(a0, f32x4.mul(y0, v128.load(p0)));
      a1 = f32x4.add(a1, f32x4.mul(y1, v128.load(p0, 16)));
      b0 = f32x4.add(b0, f32x4.mul(y0, v128.load(p1)));
      b1 = f32x4.add(b1, f32x4.mul(y1, v128.load(p1, 16)));
      c0 = f32x4.add(c0, f32x4.mul(y0, v128.load(p2)));
      c1 = f32x4.add(c1, f32x4.mul(y1, v128.load(p2, 16)));
    }
    for (; dy < end; dy += 4, p0 += 4, p1 += 4, p2 += 4) {
      const y = load<f32>(dy);
      restA += y * load<f32>(p0);
      restB += y * load<f32>(p1);
      restC += y * load<f32>(p2);
    }
  }
  addSum(sums, f32x4.add(a0, a1), restA);
  if (valid > 1) addSum(sums + 8, f32x4.add(b0, b1), restB);
  if (valid > 2) addSum(sums + 16, f32x4.add(c0, c1), restC);
}

// @ts-ignore: decorator
@inline
function addSum(to: usize, v: v128, rest: f32): void {
  const lanes = f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
  store<f64>(to, load<f64>(to) + <f64>lanes + <f64>rest);
}
