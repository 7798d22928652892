/**
 * 3×3 convolution at stride 1 as Winograd's F(4×4, 3×3): 36 products for 16 outputs. Of the interpolation points, 0, ±1,
 * ½, −2 and ∞ make errors less than half of those of the usual ±2 (Barabasz et al., "Error analysis and improving the
 * accuracy of Winograd convolution", 2020). With tile d (6×6) and kernel g, y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, along one axis
 *
 *   Bᵀd = (2(d0−d2−v)−3u, 3(d2+d3)−2(u+v), 3(d2−d3)−2(u−v), 2u+v, u−2v, 2(d5−d3+u)−3v), u = d1−d3, v = d2−d4
 *   G g = (g0/2, (g0+g1+g2)/6, (g0−g1+g2)/6, 4(4g0+2g1+g2)/15, (g0−2g1+4g2)/30, g2/2)
 *   Aᵀm = (m0+m1+m2+m3+m4, m1−m2+m3/2−2m4, m1+m2+m3/4+4m4, m1−m2+m3/8−8m4+m5).
 *
 * As in winograd.ts, tiles go in groups of 4 neighbours of a row, two groups to a panel.
 */
import { arg, argI } from './args';
import { floorOf } from './conv2d';
import { padPlanes } from './padding';
import { multiply } from './tile';
import { transpose4 } from './transpose';
import { larger } from './windows';
import { positionBytesOf } from './winograd';

/** Bytes of the 36 positions of an output's products. */
const OUTPUT_BYTES: usize = 36 * 32;

/** args and pieces as those of winogradPack. packed: [group][36][block][input][4]. */
export function winograd4Pack(args: usize, piece: i32, scratch: usize): void {
  const outputs = argI(args, 2);
  const inputs = argI(args, 3);
  const outputStride = argI(args, 4);
  const inputStride = argI(args, 5);
  const blocks = (outputs + 3) >> 2;
  const group = piece / blocks;
  const block = piece - group * blocks;
  const positionBytes = positionBytesOf(blocks, inputs);
  let to = arg(args, 0) + <usize>group * 36 * positionBytes + (<usize>(block * inputs) << 4);
  let from = arg(args, 1) + (<usize>(group * outputs * inputs * 9 + block * 4 * outputStride) << 2);
  const first = argI(args, 6) ? scratch + 128 : scratch;
  const step: isize = argI(args, 6) ? -16 : 16;
  const rows = scratch + 144;
  for (let i = 0; i < inputs; i++, to += 16, from += <usize>inputStride << 2) {
    transpose4(scratch, from, <usize>outputStride << 2, outputs - block * 4, 9, 16);
    let column = first;
    for (let c: usize = 0; c < 3; c++, column += step) {
      kernelTransform(
        rows + (c << 4), 48, v128.load(column), v128.load(column + 3 * step), v128.load(column + 6 * step),
      );
    }
    for (let r: usize = 0; r < 6; r++) {
      const row = rows + r * 48;
      kernelTransform(
        to + 6 * r * positionBytes, positionBytes, v128.load(row), v128.load(row, 16), v128.load(row, 32),
      );
    }
  }
}

/** G g. */
// @ts-ignore: decorator
@inline
function kernelTransform(to: usize, step: usize, g0: v128, g1: v128, g2: v128): void {
  const half = f32x4.splat(0.5);
  const sixth = f32x4.splat(1.0 / 6.0);
  const outer = f32x4.add(g0, g2);
  const two = f32x4.splat(2);
  const twice = f32x4.mul(two, g1);
  const four = f32x4.splat(4);
  v128.store(to, f32x4.mul(half, g0));
  v128.store(to + step, f32x4.mul(sixth, f32x4.add(outer, g1)));
  v128.store(to + 2 * step, f32x4.mul(sixth, f32x4.sub(outer, g1)));
  const up = f32x4.add(f32x4.add(f32x4.mul(four, g0), twice), g2);
  v128.store(to + 3 * step, f32x4.mul(f32x4.splat(4.0 / 15.0), up));
  const down = f32x4.add(f32x4.sub(g0, twice), f32x4.mul(four, g2));
  v128.store(to + 4 * step, f32x4.mul(f32x4.splat(1.0 / 30.0), down));
  v128.store(to + 5 * step, f32x4.mul(half, g2));
}

/** args and pieces as those of winograd, but padded rows are not split. */
export function winograd4(args: usize, piece: i32, scratch: usize): void {
  const outputs = argI(args, 4);
  const inputs = argI(args, 5);
  const groups = argI(args, 6);
  const height = argI(args, 7);
  const width = argI(args, 8);
  const outHeight = argI(args, 9);
  const outWidth = argI(args, 10);
  const bandRows = argI(args, 11);
  const bands = argI(args, 12);
  const paddedRows = argI(args, 13);
  const pitch = argI(args, 16);
  const transformed = scratch + arg(args, 17);
  const products = scratch + arg(args, 18);
  const floor = floorOf(argI(args, 19));
  const halved = argI(args, 20);
  const chunks = argI(args, 21);
  /** 36 vectors between two passes of a transform, or 16 values of a row that is cut. */
  const between = products - 36 * 16;

  const share = piece / chunks;
  const image = share / bands;
  const firstRow = (share - image * bands) * bandRows;
  const group = image % groups;
  const rows = min(bandRows, ((outHeight + 3) >> 2) - firstRow);
  padPlanes(
    scratch, arg(args, 1) + (<usize>image * <usize>inputs * <usize>(height * width) << 2), inputs, height, width,
    4 * firstRow - argI(args, 14), argI(args, 15), paddedRows, 1, pitch,
  );
  const storedHeight = outHeight >> halved;
  const storedWidth = outWidth >> halved;
  const planeBytes = <usize>(storedHeight * storedWidth) << 2;
  const y = arg(args, 0) + <usize>image * <usize>outputs * planeBytes;
  const blocks = (outputs + 3) >> 2;
  const positionBytes = positionBytesOf(blocks, inputs);
  const packed = arg(args, 2) + <usize>group * 36 * positionBytes;
  const bias = arg(args, 3) + (<usize>(group * outputs) << 2);
  const firstBlock = (piece - share * chunks) * blocks / chunks;
  const endBlock = (piece - share * chunks + 1) * blocks / chunks;
  const blockBytes = <usize>inputs << 4;
  const bandBytes = <usize>(paddedRows * pitch) << 2;
  const panelBytes = (<usize>inputs << 5) + 64;

  const groupsAcross = (outWidth + 15) >> 4;
  const count = rows * groupsAcross;
  for (let first = 0; first < count; first += 2) {
    const slots = min(2, count - first);
    for (let slot = 0; slot < slots; slot++) {
      const r = (first + slot) / groupsAcross;
      const across = first + slot - r * groupsAcross;
      const from = scratch + (<usize>(r * 4 * pitch + across * 16) << 2);
      transformInput4(transformed + (<usize>slot << 4), from, inputs, <usize>pitch << 2, bandBytes, panelBytes, between);
    }
    for (let p: usize = 0; p < 36; p++) {
      multiply(
        products + <usize>firstBlock * 4 * OUTPUT_BYTES + (p << 5),
        packed + p * positionBytes + <usize>firstBlock * blockBytes,
        transformed + p * panelBytes, inputs, endBlock - firstBlock, OUTPUT_BYTES,
      );
    }
    for (let o = 4 * firstBlock; o < min(outputs, 4 * endBlock); o++) {
      const b = v128.load32_splat(bias + (<usize>o << 2));
      for (let slot = 0; slot < slots; slot++) {
        const r = (first + slot) / groupsAcross;
        const column = (16 * (first + slot - r * groupsAcross)) >> halved;
        const row = (4 * (firstRow + r)) >> halved;
        const to = y + <usize>o * planeBytes + (<usize>(row * storedWidth + column) << 2);
        transformColumns4(between, products + <usize>o * OUTPUT_BYTES + (<usize>slot << 4));
        if (halved) {
          storeHalved4(to, between, b, floor, <usize>storedWidth << 2, storedHeight - row, storedWidth - column);
        } else {
          storeRows4(to, between, b, floor, <usize>storedWidth << 2, storedHeight - row, storedWidth - column);
        }
      }
    }
  }
}

/** Bᵀ d B of 4 neighbouring tiles for every input channel; position p of channel i goes to p·positionBytes + 32·i. */
function transformInput4(
  to: usize, from: usize, inputs: i32, pitchBytes: usize, bandBytes: usize, positionBytes: usize, between: usize,
): void {
  for (let i = 0; i < inputs; i++, from += bandBytes, to += 32) {
    let row = from;
    for (let r: usize = 0; r < 6; r++, row += pitchBytes) {
      // Columns 4t … 4t+3 of tile t, transposed; columns 4 and 5 are the next tile's 0 and 1.
      const a = v128.load(row);
      const b = v128.load(row, 16);
      const c = v128.load(row, 32);
      const d = v128.load(row, 48);
      const next = v128.load(row, 64);
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      const d0 = v128.shuffle<f32>(ab, cd, 0, 1, 4, 5);
      const d1 = v128.shuffle<f32>(ab, cd, 2, 3, 6, 7);
      const d2 = v128.shuffle<f32>(AB, CD, 0, 1, 4, 5);
      const d3 = v128.shuffle<f32>(AB, CD, 2, 3, 6, 7);
      const d4 = v128.shuffle<f32>(d0, next, 1, 2, 3, 4);
      const d5 = v128.shuffle<f32>(d1, next, 1, 2, 3, 5);
      inputTransform(between + r * 96, 16, d0, d1, d2, d3, d4, d5);
    }
    for (let c: usize = 0; c < 6; c++) {
      const column = between + (c << 4);
      inputTransform(
        to + c * positionBytes, 6 * positionBytes, v128.load(column), v128.load(column, 96), v128.load(column, 192),
        v128.load(column, 288), v128.load(column, 384), v128.load(column, 480),
      );
    }
  }
}

/** Bᵀd. */
// @ts-ignore: decorator
@inline
function inputTransform(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  const two = f32x4.splat(2);
  const three = f32x4.splat(3);
  const u = f32x4.sub(d1, d3);
  const v = f32x4.sub(d2, d4);
  const u2 = f32x4.mul(two, u);
  const v2 = f32x4.mul(two, v);
  v128.store(to, f32x4.sub(f32x4.sub(f32x4.mul(two, f32x4.sub(d0, d2)), v2), f32x4.mul(three, u)));
  v128.store(to + step, f32x4.sub(f32x4.sub(f32x4.mul(three, f32x4.add(d2, d3)), u2), v2));
  v128.store(to + 2 * step, f32x4.add(f32x4.sub(f32x4.mul(three, f32x4.sub(d2, d3)), u2), v2));
  v128.store(to + 3 * step, f32x4.add(u2, v));
  v128.store(to + 4 * step, f32x4.sub(u, v2));
  v128.store(to + 5 * step, f32x4.sub(f32x4.add(f32x4.mul(two, f32x4.sub(d5, d3)), u2), f32x4.mul(three, v)));
}

/** Aᵀ m of 4 neighbouring tiles of a channel: 4 rows of 6 vectors. */
// @ts-ignore: decorator
@inline
function transformColumns4(between: usize, from: usize): void {
  for (let c: usize = 0; c < 6; c++) {
    const m = from + (c << 5);
    const m0 = v128.load(m);
    const m3 = v128.load(m, 576);
    const m4 = v128.load(m, 768);
    const sum = f32x4.add(v128.load(m, 192), v128.load(m, 384));
    const difference = f32x4.sub(v128.load(m, 192), v128.load(m, 384));
    const column = between + (c << 4);
    v128.store(column, output0(m0, sum, m3, m4));
    v128.store(column, output1(difference, m3, m4), 96);
    v128.store(column, output2(sum, m3, m4), 192);
    v128.store(column, output3(difference, m3, m4, v128.load(m, 960)), 288);
  }
}

/** The rest of max(floor, Aᵀ m A + b): 4 rows of 16 outputs, cut to `rows` and `width`. */
function storeRows4(
  to: usize, row: usize, b: v128, floor: v128, rowBytes: usize, rows: i32, width: i32,
): void {
  for (let r = min(4, rows); r > 0; r--, row += 96, to += rowBytes) {
    const m3 = v128.load(row, 48);
    const m4 = v128.load(row, 64);
    const sum = f32x4.add(v128.load(row, 16), v128.load(row, 32));
    const difference = f32x4.sub(v128.load(row, 16), v128.load(row, 32));
    const y0 = f32x4.pmax(f32x4.add(output0(v128.load(row), sum, m3, m4), b), floor);
    const y1 = f32x4.pmax(f32x4.add(output1(difference, m3, m4), b), floor);
    const y2 = f32x4.pmax(f32x4.add(output2(sum, m3, m4), b), floor);
    const y3 = f32x4.pmax(f32x4.add(output3(difference, m3, m4, v128.load(row, 80)), b), floor);
    const ab = v128.shuffle<f32>(y0, y1, 0, 4, 1, 5);
    const AB = v128.shuffle<f32>(y0, y1, 2, 6, 3, 7);
    const cd = v128.shuffle<f32>(y2, y3, 0, 4, 1, 5);
    const CD = v128.shuffle<f32>(y2, y3, 2, 6, 3, 7);
    // A row that is cut goes through the room it came from.
    const target = width >= 16 ? to : row;
    v128.store(target, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
    v128.store(target, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 16);
    v128.store(target, v128.shuffle<f32>(AB, CD, 0, 1, 4, 5), 32);
    v128.store(target, v128.shuffle<f32>(AB, CD, 2, 3, 6, 7), 48);
    if (width < 16) {
      for (let i = 0; i < width; i++) store<f32>(to + (<usize>i << 2), load<f32>(row + (<usize>i << 2)));
    }
  }
}

/** The same, and the maxima of its windows of 2×2: 2 rows of 8, cut to `rows` and `width`. */
function storeHalved4(
  to: usize, row: usize, b: v128, floor: v128, rowBytes: usize, rows: i32, width: i32,
): void {
  for (let r = min(2, rows); r > 0; r--, row += 192, to += rowBytes) {
    transformRow4(row, b, floor);
    transformRow4(row + 96, b, floor);
    const even = larger(
      larger(v128.load(row), v128.load(row, 96)), larger(v128.load(row, 16), v128.load(row, 112)),
    );
    const odd = larger(
      larger(v128.load(row, 32), v128.load(row, 128)), larger(v128.load(row, 48), v128.load(row, 144)),
    );
    const target = width >= 8 ? to : row;
    v128.store(target, v128.shuffle<f32>(even, odd, 0, 4, 1, 5));
    v128.store(target, v128.shuffle<f32>(even, odd, 2, 6, 3, 7), 16);
    if (width < 8) {
      for (let i = 0; i < width; i++) store<f32>(to + (<usize>i << 2), load<f32>(row + (<usize>i << 2)));
    }
  }
}

/** Columns 0 to 3 of 4 tiles in the place of the first four of 6 vectors. */
// @ts-ignore: decorator
@inline
function transformRow4(row: usize, b: v128, floor: v128): void {
  const m0 = v128.load(row);
  const m3 = v128.load(row, 48);
  const m4 = v128.load(row, 64);
  const sum = f32x4.add(v128.load(row, 16), v128.load(row, 32));
  const difference = f32x4.sub(v128.load(row, 16), v128.load(row, 32));
  v128.store(row, f32x4.pmax(f32x4.add(output0(m0, sum, m3, m4), b), floor));
  v128.store(row, f32x4.pmax(f32x4.add(output1(difference, m3, m4), b), floor), 16);
  v128.store(row, f32x4.pmax(f32x4.add(output2(sum, m3, m4), b), floor), 32);
  v128.store(row, f32x4.pmax(f32x4.add(output3(difference, m3, m4, v128.load(row, 80)), b), floor), 48);
}

// @ts-ignore: decorator
@inline
function output0(m0: v128, sum: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(f32x4.add(m0, sum), f32x4.add(m3, m4));
}

// @ts-ignore: decorator
@inline
function output1(difference: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(difference, f32x4.sub(f32x4.mul(f32x4.splat(0.5), m3), f32x4.mul(f32x4.splat(2), m4)));
}

// @ts-ignore: decorator
@inline
function output2(sum: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(sum, f32x4.add(f32x4.mul(f32x4.splat(0.25), m3), f32x4.mul(f32x4.splat(4), m4)));
}

// @ts-ignore: decorator
@inline
function output3(difference: v128, m3: v128, m4: v128, m5: v128): v128 {
  const outer = f32x4.sub(f32x4.mul(f32x4.splat(0.125), m3), f32x4.mul(f32x4.splat(8), m4));
  return f32x4.add(f32x4.add(difference, outer), m5);
}
