/**
 * Gradient with respect to the weight: dw[o, k] = Σ_p dy[o, p]·x[offset_k + p]. dy is transposed to [p][8 channels],
 * x lies padded in scratch, so that one tap of one output is a broadcast of one value of x. The tile is 8 channels ×
 * 4 taps (or 3), summed over the outputs of a band; bands and images of a slot follow each other, slots are added by
 * `conv2dWeightSum` in their order.
 */
import { arg, argI } from './args';
import { padPlanes } from './padding';
import { transpose8 } from './transpose';

/** args: see the host's `conv2d.ts`. piece = (slot·groups + group)·chunks + chunk. partial: [slot][group][block][k][8]. */
export function conv2dWeightGrad(args: usize, piece: i32, scratch: usize): void {
  const offsets = arg(args, 3);
  const taps = argI(args, 4);
  const outputs = argI(args, 5);
  const inputs = argI(args, 6);
  const groups = argI(args, 7);
  const images = argI(args, 8);
  const height = argI(args, 9);
  const width = argI(args, 10);
  const outHeight = argI(args, 11);
  const outWidth = argI(args, 12);
  const slots = argI(args, 13);
  const chunks = argI(args, 14);
  const bandHeight = argI(args, 15);
  const bands = argI(args, 16);
  const paddedRows = argI(args, 17);
  const strideH = argI(args, 18);
  const top = argI(args, 19);
  const left = argI(args, 20);
  const phases = argI(args, 21);
  const pitch = argI(args, 22);
  const transposed = scratch + arg(args, 23);

  const chunk = piece % chunks;
  const slotGroup = piece / chunks;
  const group = slotGroup % groups;
  const slot = slotGroup / groups;
  const blocks = (outputs + 7) >> 3;
  const firstBlock = chunk * blocks / chunks;
  const endBlock = (chunk + 1) * blocks / chunks;
  const blockBytes = <usize>taps << 5;
  const partial = arg(args, 0) + <usize>(slotGroup * blocks) * blockBytes;
  memory.fill(partial + <usize>firstBlock * blockBytes, 0, <usize>(endBlock - firstBlock) * blockBytes);

  const planeBytes = <usize>(outHeight * outWidth) << 2;
  const rowBytes = <usize>(strideH * phases * pitch) << 2;
  const endImage = (slot + 1) * images / slots;
  for (let n = slot * images / slots; n < endImage; n++) {
    const plane = <usize>(n * groups + group);
    const x = arg(args, 1) + (plane * <usize>inputs * <usize>(height * width) << 2);
    const dy = arg(args, 2) + plane * <usize>outputs * planeBytes;
    for (let band = 0; band < bands; band++) {
      const firstRow = band * bandHeight;
      const rows = min(bandHeight, outHeight - firstRow);
      padPlanes(
        scratch, x, inputs, height, width, firstRow * strideH - top, left, paddedRows, phases, pitch,
      );
      const count = rows * outWidth;
      for (let block = firstBlock; block < endBlock; block++) {
        const from = dy + <usize>(block * 8) * planeBytes + (<usize>(firstRow * outWidth) << 2);
        transpose8(transposed, from, planeBytes, min(8, outputs - block * 8), count);
        const to = partial + <usize>block * blockBytes;
        accumulate(transposed, scratch, offsets, taps, rows, outWidth, rowBytes, to);
      }
    }
  }
}

/**
 * to[k][8] += Σ_p dy[p][8]·x[offset_k + p] for all taps k; p runs over `rows` rows of `width` outputs, which are
 * `rowBytes` apart in x.
 */
export function accumulate(
  dy: usize, x: usize, offsets: usize, taps: i32, rows: i32, width: i32, rowBytes: usize, to: usize,
): void {
  let threes = (4 - (taps & 3)) & 3;
  if (threes * 3 > taps) threes = 0;
  const fours = taps - threes * 3;
  let k = 0;
  for (; k < fours; k += 4) {
    tile8x4(dy, x, offsets + (<usize>k << 2), rows, width, rowBytes, to + (<usize>k << 5), min(4, fours - k));
  }
  for (k = fours; k < taps; k += 3) {
    tile8x3(dy, x, offsets + (<usize>k << 2), rows, width, rowBytes, to + (<usize>k << 5));
  }
}

/** Adds to 8 channels × 4 taps at `to`, of which `valid` exist. */
function tile8x4(
  dy: usize, x: usize, offsets: usize, rows: i32, width: i32, rowBytes: usize, to: usize, valid: i32,
): void {
  let p0 = x + <usize>load<u32>(offsets);
  let p1 = x + <usize>load<u32>(offsets + (<usize>min(1, valid - 1) << 2));
  let p2 = x + <usize>load<u32>(offsets + (<usize>min(2, valid - 1) << 2));
  let p3 = x + <usize>load<u32>(offsets + (<usize>min(3, valid - 1) << 2));
  let a0 = v128.load(to);
  let a1 = v128.load(to, 16);
  let b0 = v128.load(to, 32);
  let b1 = v128.load(to, 48);
  let c0 = v128.load(to, 64);
  let c1 = v128.load(to, 80);
  let d0 = v128.load(to, 96);
  let d1 = v128.load(to, 112);
  const row = <usize>width << 5;
  const skip = rowBytes - (<usize>width << 2);
  for (let r = 0; r < rows; r++) {
    const end = dy + row;
    while (dy < end) {
      const y0 = v128.load(dy);
      const y1 = v128.load(dy, 16);
      let s = v128.load32_splat(p0);
      a0 = f32x4.add(a0, f32x4.mul(y0, s));
      a1 = f32x4.add(a1, f32x4.mul(y1, s));
      s = v128.load32_splat(p1);
      b0 = f32x4.add(b0, f32x4.mul(y0, s));
      b1 = f32x4.add(b1, f32x4.mul(y1, s));
      s = v128.load32_splat(p2);
      c0 = f32x4.add(c0, f32x4.mul(y0, s));
      c1 = f32x4.add(c1, f32x4.mul(y1, s));
      s = v128.load32_splat(p3);
      d0 = f32x4.add(d0, f32x4.mul(y0, s));
      d1 = f32x4.add(d1, f32x4.mul(y1, s));
      dy += 32;
      p0 += 4;
      p1 += 4;
      p2 += 4;
      p3 += 4;
    }
    p0 += skip;
    p1 += skip;
    p2 += skip;
    p3 += skip;
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  if (valid > 1) {
    v128.store(to, b0, 32);
    v128.store(to, b1, 48);
  }
  if (valid > 2) {
    v128.store(to, c0, 64);
    v128.store(to, c1, 80);
  }
  if (valid > 3) {
    v128.store(to, d0, 96);
    v128.store(to, d1, 112);
  }
}

/** Adds to 8 channels × 3 taps at `to`. */
function tile8x3(dy: usize, x: usize, offsets: usize, rows: i32, width: i32, rowBytes: usize, to: usize): void {
  let p0 = x + <usize>load<u32>(offsets);
  let p1 = x + <usize>load<u32>(offsets, 4);
  let p2 = x + <usize>load<u32>(offsets, 8);
  let a0 = v128.load(to);
  let a1 = v128.load(to, 16);
  let b0 = v128.load(to, 32);
  let b1 = v128.load(to, 48);
  let c0 = v128.load(to, 64);
  let c1 = v128.load(to, 80);
  const row = <usize>width << 5;
  const skip = rowBytes - (<usize>width << 2);
  for (let r = 0; r < rows; r++) {
    const end = dy + row;
    while (dy < end) {
      const y0 = v128.load(dy);
      const y1 = v128.load(dy, 16);
      let s = v128.load32_splat(p0);
      a0 = f32x4.add(a0, f32x4.mul(y0, s));
      a1 = f32x4.add(a1, f32x4.mul(y1, s));
      s = v128.load32_splat(p1);
      b0 = f32x4.add(b0, f32x4.mul(y0, s));
      b1 = f32x4.add(b1, f32x4.mul(y1, s));
      s = v128.load32_splat(p2);
      c0 = f32x4.add(c0, f32x4.mul(y0, s));
      c1 = f32x4.add(c1, f32x4.mul(y1, s));
      dy += 32;
      p0 += 4;
      p1 += 4;
      p2 += 4;
    }
    p0 += skip;
    p1 += skip;
    p2 += skip;
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, b0, 32);
  v128.store(to, b1, 48);
  v128.store(to, c0, 64);
  v128.store(to, c1, 80);
}

/** args: dw, partial, taps, outputs, groups, slots. piece = group·blocks + block. Adds the slots in order. */
export function conv2dWeightSum(args: usize, piece: i32, scratch: usize): void {
  const taps = argI(args, 2);
  const outputs = argI(args, 3);
  const groups = argI(args, 4);
  const slots = argI(args, 5);
  const blocks = (outputs + 7) >> 3;
  const group = piece / blocks;
  const first = (piece - group * blocks) << 3;
  const slotBytes = <usize>(groups * blocks * taps) << 5;
  let from = arg(args, 1) + <usize>(piece * taps << 5);
  const valid = min(8, outputs - first);
  for (let k = 0; k < taps; k++, from += 32) {
    let low = v128.load(from);
    let high = v128.load(from, 16);
    let p = from;
    for (let slot = 1; slot < slots; slot++) {
      p += slotBytes;
      low = f32x4.add(low, v128.load(p));
      high = f32x4.add(high, v128.load(p, 16));
    }
    v128.store(scratch, low);
    v128.store(scratch, high, 16);
    let to = arg(args, 0) + (<usize>((group * outputs + first) * taps + k) << 2);
    for (let j = 0; j < valid; j++, to += <usize>taps << 2) {
      store<f32>(to, load<f32>(scratch + (<usize>j << 2)));
    }
  }
}
