/**
 * Convolution as an indirect matrix product. For one group of one image, y[o, p] = bias[o] + Σ_k w[o, k]·x[offset_k + p],
 * where k runs over (channel, kernel row, kernel column) and p over neighbouring outputs of a row; `offsets` holds where
 * in the padded band tap k of output 0 lies. Nothing is unfolded: the taps read the band at shifted addresses.
 * The tile is 4 output channels × 8 outputs: 8 accumulators, 2 vectors of x and one broadcast weight fit into the 15
 * vector registers an engine has to give. Measured on a 2.6-GHz Sapphire Rapids core: 43 GFLOP/s.
 */
import { arg, argI } from './args';
import { padPlanes } from './padding';
import { transpose4 } from './transpose';
import { evens, larger, odds } from './windows';

/**
 * args: packed, weight, outputs and inputs a group, weights a group, strides of output and input in weight, taps a
 * channel, list of taps (which weight of a kernel). A piece is 8 output channels: piece = group·⌈outputs/8⌉ + block.
 * packed: [group][block of 4][k][4], zero-filled.
 */
export function conv2dPack(args: usize, piece: i32, scratch: usize): void {
  const outputs = argI(args, 2);
  const inputs = argI(args, 3);
  const groupSize = argI(args, 4);
  const outputStride = argI(args, 5);
  const inputStride = argI(args, 6);
  const taps = argI(args, 7);
  const list = arg(args, 8);
  const blocks = (outputs + 7) >> 3;
  const group = piece / blocks;
  const first = (piece - group * blocks) << 3;
  let to = arg(args, 0) + <usize>piece * <usize>(inputs * taps) * 32;
  if (outputStride == inputs * taps && inputStride == taps && inOrder(list, taps)) {
    const depth = inputs * taps;
    const rowBytes = <usize>depth << 2;
    const from = arg(args, 1) + (<usize>(group * groupSize) << 2) + <usize>first * rowBytes;
    transpose4(to, from, rowBytes, outputs - first, depth, 16);
    transpose4(to + 4 * rowBytes, from + 4 * rowBytes, rowBytes, outputs - first - 4, depth, 16);
    return;
  }
  for (let half = 0; half < 2; half++) {
    for (let i = 0; i < inputs; i++) {
      for (let t = 0; t < taps; t++) {
        const tap = load<i32>(list + (<usize>t << 2));
        for (let j = 0; j < 4; j++, to += 4) {
          const o = first + half * 4 + j;
          const index = group * groupSize + o * outputStride + i * inputStride + tap;
          store<f32>(to, o < outputs ? load<f32>(arg(args, 1) + ((<usize>index) << 2)) : 0);
        }
      }
    }
  }
}

function inOrder(list: usize, taps: i32): bool {
  for (let t = 0; t < taps; t++) if (load<i32>(list + (<usize>t << 2)) != t) return false;
  return true;
}

/**
 * args: see the host's `conv2d.ts`. A piece is a band of output rows of one group of one image:
 * piece = (image·groups + group)·bands + band. With `direct` the taps read x itself (1×1, no padding).
 */
export function conv2d(args: usize, piece: i32, scratch: usize): void {
  const packed = arg(args, 2);
  const bias = arg(args, 3);
  const offsets = arg(args, 4);
  const taps = argI(args, 5);
  const outputs = argI(args, 6);
  const inputs = argI(args, 7);
  const groups = argI(args, 8);
  const height = argI(args, 9);
  const width = argI(args, 10);
  const outWidth = argI(args, 11);
  const outPlane = argI(args, 12);
  const bandHeight = argI(args, 13);
  const bands = argI(args, 14);
  const paddedRows = argI(args, 15);
  const strideH = argI(args, 16);
  const top = argI(args, 17);
  const left = argI(args, 18);
  const phases = argI(args, 19);
  const pitch = argI(args, 20);
  const direct = argI(args, 21);
  const floor = floorOf(argI(args, 22));
  const halved = argI(args, 23);
  /** With `halved`: two rows of 8 channels, before their maxima are taken. */
  const pair = scratch + arg(args, 24);

  const image = piece / bands;
  const band = piece - image * bands;
  const group = image % groups;
  const firstRow = band * bandHeight;
  const outHeight = (outPlane + outWidth - 1) / outWidth;
  const rows = min(bandHeight, outHeight - firstRow);
  let x = arg(args, 1) + (<usize>image * <usize>inputs * <usize>(height * width) << 2);
  let rowBytes = <usize>(strideH * phases * pitch) << 2;
  if (direct) {
    rowBytes = <usize>outWidth << 2;
    x += <usize>firstRow * rowBytes;
  } else {
    padPlanes(
      scratch, x, inputs, height, width, firstRow * strideH - top, left, paddedRows, phases, pitch,
    );
    x = scratch;
  }
  const storedWidth = outWidth >> halved;
  const planeBytes = <usize>(halved ? (outHeight >> 1) * storedWidth : outPlane) << 2;
  const y = arg(args, 0) + <usize>image * <usize>outputs * planeBytes + (<usize>((firstRow >> halved) * storedWidth) << 2);
  const blocks = (outputs + 7) >> 3;
  const blockBytes = <usize>taps << 4;
  const left0 = outPlane - firstRow * outWidth;
  for (let o = 0; o < outputs; o += 8) {
    const block = <usize>(group * blocks + (o >> 3));
    const w = packed + block * 2 * blockBytes;
    const b = bias + (block << 5);
    const out = y + <usize>o * planeBytes;
    const valid = outputs - o;
    const toBytes = halved ? <usize>outWidth << 3 : planeBytes;
    for (let r = 0; r < rows - (rows & halved); r++) {
      const from = x + <usize>r * rowBytes;
      const to = halved ? pair + (<usize>((r & 1) * outWidth) << 2) : out + (<usize>(r * outWidth) << 2);
      const rowWidth = min(outWidth, left0 - r * outWidth);
      const rest = rowWidth & 7;
      let wide = rowWidth - rest;
      if (rest > 4) wide += rowWidth > 8 ? 8 : 4;
      if (wide >= 8) {
        rowOf8(w, from, offsets, blockBytes, to, toBytes, b, rowWidth, wide, valid, floor);
        if (valid > 4) {
          rowOf8(
            w + blockBytes, from, offsets, blockBytes, to + 4 * toBytes, toBytes, b + 16, rowWidth, wide,
            valid - 4, floor,
          );
        }
      } else if (wide > 0) {
        tile8x4(w, from, offsets, blockBytes, to, toBytes, b, valid, 4, floor);
      }
      if (wide < rowWidth) {
        const count = min(4, rowWidth);
        const start = <usize>(rowWidth - count) << 2;
        tile8x4(w, from + start, offsets, blockBytes, to + start, toBytes, b, valid, count, floor);
      }
      if (halved & r) {
        let target = out + (<usize>((r >> 1) * storedWidth) << 2);
        for (let j = 0; j < min(8, valid); j++, target += planeBytes) {
          halveRows(target, pair + <usize>j * toBytes, outWidth);
        }
      }
    }
  }
}

/** The maxima of the windows of 2×2 of two rows that lie one after the other. */
function halveRows(to: usize, from: usize, width: i32): void {
  const below = from + (<usize>width << 2);
  for (let rest = width >> 1, at: usize = 0; rest > 0; rest -= 4, to += 16, at += 32) {
    const low = larger(v128.load(from + at), v128.load(below + at));
    const high = larger(v128.load(from + at, 16), v128.load(below + at, 16));
    storePart(to, larger(evens(low, high), odds(low, high)), min(4, rest));
  }
}

/** What `f32x4.pmax(y, floor)` bounds outputs by: 0 with relu, else nothing. A NaN in y stays (max would take 4 times as long). */
// @ts-ignore: decorator
@inline
export function floorOf(relu: i32): v128 {
  return relu ? f32x4.splat(0) : f32x4.splat(-Infinity);
}

/** Tiles of 4 channels × 8 outputs along a row up to `wide`; the last may overlap its neighbour to end at `width`. */
function rowOf8(
  weights: usize, from: usize, offsets: usize, blockBytes: usize, to: usize, planeBytes: usize, bias: usize,
  width: i32, wide: i32, valid: i32, floor: v128,
): void {
  const last = <usize>(width - 8) << 2;
  const end = <usize>wide << 2;
  for (let p: usize = 0; p < end; p += 32) {
    const start = min(p, last);
    const base = from + start;
    let a0 = v128.load32_splat(bias);
    let b0 = v128.load32_splat(bias, 4);
    let c0 = v128.load32_splat(bias, 8);
    let d0 = v128.load32_splat(bias, 12);
    let a1 = a0;
    let b1 = b0;
    let c1 = c0;
    let d1 = d0;
    let w = weights;
    let offset = offsets;
    const stop = weights + blockBytes;
    do {
      const x = base + <usize>load<u32>(offset);
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      let s = v128.load32_splat(w);
      a0 = f32x4.add(a0, f32x4.mul(x0, s));
      a1 = f32x4.add(a1, f32x4.mul(x1, s));
      s = v128.load32_splat(w, 4);
      b0 = f32x4.add(b0, f32x4.mul(x0, s));
      b1 = f32x4.add(b1, f32x4.mul(x1, s));
      s = v128.load32_splat(w, 8);
      c0 = f32x4.add(c0, f32x4.mul(x0, s));
      c1 = f32x4.add(c1, f32x4.mul(x1, s));
      s = v128.load32_splat(w, 12);
      d0 = f32x4.add(d0, f32x4.mul(x0, s));
      d1 = f32x4.add(d1, f32x4.mul(x1, s));
      w += 16;
      offset += 4;
    } while (w < stop);
    let y = to + start;
    v128.store(y, f32x4.pmax(a0, floor));
    v128.store(y, f32x4.pmax(a1, floor), 16);
    if (valid > 1) {
      y += planeBytes;
      v128.store(y, f32x4.pmax(b0, floor));
      v128.store(y, f32x4.pmax(b1, floor), 16);
    }
    if (valid > 2) {
      y += planeBytes;
      v128.store(y, f32x4.pmax(c0, floor));
      v128.store(y, f32x4.pmax(c1, floor), 16);
    }
    if (valid > 3) {
      y += planeBytes;
      v128.store(y, f32x4.pmax(d0, floor));
      v128.store(y, f32x4.pmax(d1, floor), 16);
    }
  }
}

/** One tile of 8 channels × 4 outputs, of which `count` are stored. */
function tile8x4(
  weights: usize, from: usize, offsets: usize, blockBytes: usize, to: usize, planeBytes: usize, bias: usize,
  valid: i32, count: i32, floor: v128,
): void {
  let a = v128.load32_splat(bias);
  let b = v128.load32_splat(bias, 4);
  let c = v128.load32_splat(bias, 8);
  let d = v128.load32_splat(bias, 12);
  let e = v128.load32_splat(bias, 16);
  let f = v128.load32_splat(bias, 20);
  let g = v128.load32_splat(bias, 24);
  let h = v128.load32_splat(bias, 28);
  let w = weights;
  let w1 = weights + blockBytes;
  const stop = w1;
  do {
    const x = v128.load(from + <usize>load<u32>(offsets));
    a = f32x4.add(a, f32x4.mul(x, v128.load32_splat(w)));
    b = f32x4.add(b, f32x4.mul(x, v128.load32_splat(w, 4)));
    c = f32x4.add(c, f32x4.mul(x, v128.load32_splat(w, 8)));
    d = f32x4.add(d, f32x4.mul(x, v128.load32_splat(w, 12)));
    e = f32x4.add(e, f32x4.mul(x, v128.load32_splat(w1)));
    f = f32x4.add(f, f32x4.mul(x, v128.load32_splat(w1, 4)));
    g = f32x4.add(g, f32x4.mul(x, v128.load32_splat(w1, 8)));
    h = f32x4.add(h, f32x4.mul(x, v128.load32_splat(w1, 12)));
    w += 16;
    w1 += 16;
    offsets += 4;
  } while (w < stop);
  storePart(to, f32x4.pmax(a, floor), count);
  if (valid > 1) storePart(to + planeBytes, f32x4.pmax(b, floor), count);
  if (valid > 2) storePart(to + 2 * planeBytes, f32x4.pmax(c, floor), count);
  if (valid > 3) storePart(to + 3 * planeBytes, f32x4.pmax(d, floor), count);
  if (valid > 4) storePart(to + 4 * planeBytes, f32x4.pmax(e, floor), count);
  if (valid > 5) storePart(to + 5 * planeBytes, f32x4.pmax(f, floor), count);
  if (valid > 6) storePart(to + 6 * planeBytes, f32x4.pmax(g, floor), count);
  if (valid > 7) storePart(to + 7 * planeBytes, f32x4.pmax(h, floor), count);
}

/** The first `count` (1 to 4) lanes. */
// @ts-ignore: decorator
@inline
export function storePart(to: usize, value: v128, count: i32): void {
  if (count == 4) {
    v128.store(to, value);
    return;
  }
  store<f32>(to, f32x4.extract_lane(value, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(value, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(value, 2), 8);
}

/**
 * args: dx, planes, pieces, height, width, strideH, strideW, list of the phases' addresses (row by row). Phase (a, b),
 * [planes][⌈(height−a)/strideH⌉][⌈(width−b)/strideW⌉], holds rows a, a+strideH … and columns b, b+strideW … of dx.
 * A piece is a run of planes.
 */
export function interleave(args: usize, piece: i32, scratch: usize): void {
  const planes = argI(args, 1);
  const pieces = argI(args, 2);
  const height = argI(args, 3);
  const width = argI(args, 4);
  const strideH = argI(args, 5);
  const strideW = argI(args, 6);
  const end = <i32>(<i64>(piece + 1) * planes / pieces);
  for (let plane = <i32>(<i64>piece * planes / pieces); plane < end; plane++) {
    let to = arg(args, 0) + (<usize>plane * <usize>(height * width) << 2);
    for (let r = 0; r < height; r++) {
      const a = r % strideH;
      const phaseHeight = (height - a + strideH - 1) / strideH;
      for (let b = 0; b < strideW; b++) {
        const phaseWidth = (width - b + strideW - 1) / strideW;
        const phase = <usize>load<u32>(arg(args, 7) + (<usize>(a * strideW + b) << 2));
        let from = phase + (<usize>((plane * phaseHeight + r / strideH) * phaseWidth) << 2);
        for (let c = b; c < width; c += strideW, from += 4) store<f32>(to + (<usize>c << 2), load<f32>(from));
      }
      to += <usize>width << 2;
    }
  }
}
