/**
 * 3×3 convolution at stride 1 as Winograd's F(2×2, 3×3) (Lavin & Gray, "Fast algorithms for convolutional neural
 * networks", 2016, section 4.1): 2×2 outputs need 16 products a channel pair instead of 36. With input tile d (4×4),
 * kernel g (3×3) and ⊙ elementwise, y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, where along one axis
 *
 *   Bᵀd = (d0−d2, d1+d2, d2−d1, d1−d3)   G g = (g0, (g0+g1+g2)/2, (g0−g1+g2)/2, g2)   Aᵀm = (m0+m1+m2, m1−m2−m3).
 *
 * Larger tiles, with fewer products and larger errors, are in winograd4.ts.
 *
 * The sum over channels makes each of the 16 positions a matrix product. Tiles go in groups of 4 neighbours of a row
 * (a vector), two groups to a panel, two panels at a time; everything between x and y stays in the caches.
 */
import { arg, argI } from './args';
import { floorOf, storePart } from './conv2d';
import { padPlanes } from './padding';
import { multiply } from './tile';
import { transpose4 } from './transpose';
import { larger } from './windows';

/** Panels transformed and multiplied together, so that each weight is fetched once for both. */
const PANELS = 2;

/** Bytes from one position to the next in packed weights; an odd number of lines, so as not to compete for cache sets. */
// @ts-ignore: decorator
@inline
export function positionBytesOf(blocks: i32, inputs: i32): usize {
  return ((<usize>(blocks * inputs) << 4) | 127) + 65;
}

/**
 * args: packed, weight, outputs, inputs, strides of output and input in weight, 1 to turn kernels by 180°.
 * A piece is a block of 4 outputs of a group: piece = group·blocks + block. packed: [group][16][block][input][4].
 */
export function winogradPack(args: usize, piece: i32, scratch: usize): void {
  const outputs = argI(args, 2);
  const inputs = argI(args, 3);
  const outputStride = argI(args, 4);
  const inputStride = argI(args, 5);
  const blocks = (outputs + 3) >> 2;
  const group = piece / blocks;
  const block = piece - group * blocks;
  const positionBytes = positionBytesOf(blocks, inputs);
  let to = arg(args, 0) + <usize>group * 16 * positionBytes + (<usize>(block * inputs) << 4);
  let from = arg(args, 1) + (<usize>(group * outputs * inputs * 9 + block * 4 * outputStride) << 2);
  // Kernels of the 4 outputs side by side: 9 vectors, from the last to the first where they are turned.
  const first = argI(args, 6) ? scratch + 128 : scratch;
  const step: isize = argI(args, 6) ? -16 : 16;
  for (let i = 0; i < inputs; i++, to += 16, from += <usize>inputStride << 2) {
    transpose4(scratch, from, <usize>outputStride << 2, outputs - block * 4, 9, 16);
    const half = f32x4.splat(0.5);
    let column = first;
    // Columns of G g, each of which is a column of (G g) Gᵀ's input; kept in 12 vectors behind the kernels.
    for (let c: usize = 0; c < 3; c++, column += step) {
      const g0 = v128.load(column);
      const g1 = v128.load(column + 3 * step);
      const g2 = v128.load(column + 6 * step);
      const outer = f32x4.add(g0, g2);
      const rows = scratch + 144 + (c << 4);
      v128.store(rows, g0);
      v128.store(rows, f32x4.mul(half, f32x4.add(outer, g1)), 48);
      v128.store(rows, f32x4.mul(half, f32x4.sub(outer, g1)), 96);
      v128.store(rows, g2, 144);
    }
    let position = to;
    for (let r: usize = 0; r < 4; r++, position += 4 * positionBytes) {
      const row = scratch + 144 + r * 48;
      const g0 = v128.load(row);
      const g1 = v128.load(row, 16);
      const g2 = v128.load(row, 32);
      const outer = f32x4.add(g0, g2);
      v128.store(position, g0);
      v128.store(position + positionBytes, f32x4.mul(half, f32x4.add(outer, g1)));
      v128.store(position + 2 * positionBytes, f32x4.mul(half, f32x4.sub(outer, g1)));
      v128.store(position + 3 * positionBytes, g2);
    }
  }
}

/**
 * args: y, x, packed, bias, outputs, inputs, groups, height, width, outHeight, outWidth, tile rows a band, bands,
 * padded rows, top, left, pitch, offsets of transformed input and of products in scratch, relu, 1 to store the
 * maxima of windows of 2×2, chunks of outputs.
 * piece = ((image·groups + group)·bands + band)·chunks + chunk. bias: a zero for every output without one.
 */
export function winograd(args: usize, piece: i32, scratch: usize): void {
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

  const share = piece / chunks;
  const image = share / bands;
  const firstRow = (share - image * bands) * bandRows;
  const group = image % groups;
  const rows = min(bandRows, ((outHeight + 1) >> 1) - firstRow);
  padPlanes(
    scratch, arg(args, 1) + (<usize>image * <usize>inputs * <usize>(height * width) << 2), inputs, height, width,
    2 * firstRow - argI(args, 14), argI(args, 15), paddedRows, 2, pitch,
  );
  const planeBytes = <usize>((outHeight >> halved) * (outWidth >> halved)) << 2;
  const y = arg(args, 0) + <usize>image * <usize>outputs * planeBytes;
  const blocks = (outputs + 3) >> 2;
  const positionBytes = positionBytesOf(blocks, inputs);
  const packed = arg(args, 2) + <usize>group * 16 * positionBytes;
  const bias = arg(args, 3) + (<usize>(group * outputs) << 2);
  const firstBlock = (piece - share * chunks) * blocks / chunks;
  const endBlock = (piece - share * chunks + 1) * blocks / chunks;
  const blockBytes = <usize>inputs << 4;
  const bandBytes = <usize>(paddedRows * 2 * pitch) << 2;
  // With a line between positions, they do not compete for the same cache sets.
  const panelBytes = (<usize>inputs << 5) + 64;
  const productBytes = <usize>blocks << 11;

  const groupsAcross = (((outWidth + 1) >> 1) + 3) >> 2;
  const count = rows * groupsAcross;
  for (let first = 0; first < count; first += 2 * PANELS) {
    const last = min(count, first + 2 * PANELS);
    for (let g = first; g < last; g++) {
      const r = g / groupsAcross;
      const from = scratch + (<usize>(r * 4 * pitch + (g - r * groupsAcross) * 4) << 2);
      const slot = g - first;
      const to = transformed + <usize>(slot >> 1) * 16 * panelBytes + (<usize>(slot & 1) << 4);
      transformInput(to, from, inputs, <usize>pitch << 2, bandBytes, panelBytes, 32);
    }
    const panels = (last - first + 1) >> 1;
    for (let p: usize = 0; p < 16; p++) {
      for (let panel: usize = 0; panel < <usize>panels; panel++) {
        multiply(
          products + panel * productBytes + (<usize>firstBlock << 11) + (p << 5),
          packed + p * positionBytes + <usize>firstBlock * blockBytes,
          transformed + (panel * 16 + p) * panelBytes, inputs, endBlock - firstBlock, 512,
        );
      }
    }
    // Channel by channel, so that what neighbouring groups write to a line meets there.
    const firstTileRow = first / groupsAcross;
    const firstAcross = first - firstTileRow * groupsAcross;
    for (let o = 4 * firstBlock; o < min(outputs, 4 * endBlock); o++) {
      const plane = y + <usize>o * planeBytes;
      const b = v128.load32_splat(bias + (<usize>o << 2));
      let row = 2 * (firstRow + firstTileRow);
      let across = firstAcross;
      for (let slot = 0; slot < last - first; slot++) {
        const from = products + <usize>(slot >> 1) * productBytes + (<usize>(slot & 1) << 4) + (<usize>o << 9);
        const rest = outWidth - 8 * across;
        if (halved) {
          const to = plane + (<usize>((row >> 1) * (outWidth >> 1) + 4 * across) << 2);
          // Of the last group there may be one column, and no window.
          if (outHeight - row > 1 && rest > 1) transformOutput(to, from, b, floor, 0, 0, rest >> 1, 0, true);
        } else {
          const to = plane + (<usize>(row * outWidth + 8 * across) << 2);
          transformOutput(to, from, b, floor, <usize>outWidth << 2, outHeight - row, rest, products - 64, false);
        }
        if (++across == groupsAcross) {
          across = 0;
          row += 2;
        }
      }
    }
  }
}

/**
 * Bᵀ d B of 4 neighbouring tiles for every input channel; position p of channel i goes to p·positionBytes + i·toBytes.
 * The padded rows come split in even and odd columns.
 */
export function transformInput(
  to: usize, from: usize, inputs: i32, pitchBytes: usize, bandBytes: usize, positionBytes: usize, toBytes: usize,
): void {
  const row1 = 2 * pitchBytes;
  const row2 = 4 * pitchBytes;
  const row3 = 6 * pitchBytes;
  for (let i = 0; i < inputs; i++, from += bandBytes, to += toBytes) {
    const odd = from + pitchBytes;
    // Rows 0 − 2.
    columns(
      to, positionBytes,
      f32x4.sub(v128.load(from), v128.load(from + row2)),
      f32x4.sub(v128.load(odd), v128.load(odd + row2)),
      f32x4.sub(v128.load(from, 4), v128.load(from + row2, 4)),
      f32x4.sub(v128.load(odd, 4), v128.load(odd + row2, 4)),
    );
    // Rows 1 + 2 and 2 − 1.
    const a0 = v128.load(from + row1);
    const a1 = v128.load(odd + row1);
    const a2 = v128.load(from + row1, 4);
    const a3 = v128.load(odd + row1, 4);
    const b0 = v128.load(from + row2);
    const b1 = v128.load(odd + row2);
    const b2 = v128.load(from + row2, 4);
    const b3 = v128.load(odd + row2, 4);
    columns(
      to + 4 * positionBytes, positionBytes,
      f32x4.add(a0, b0), f32x4.add(a1, b1), f32x4.add(a2, b2), f32x4.add(a3, b3),
    );
    columns(
      to + 8 * positionBytes, positionBytes,
      f32x4.sub(b0, a0), f32x4.sub(b1, a1), f32x4.sub(b2, a2), f32x4.sub(b3, a3),
    );
    // Rows 1 − 3.
    columns(
      to + 12 * positionBytes, positionBytes,
      f32x4.sub(v128.load(from + row1), v128.load(from + row3)),
      f32x4.sub(v128.load(odd + row1), v128.load(odd + row3)),
      f32x4.sub(v128.load(from + row1, 4), v128.load(from + row3, 4)),
      f32x4.sub(v128.load(odd + row1, 4), v128.load(odd + row3, 4)),
    );
  }
}

// @ts-ignore: decorator
@inline
function columns(to: usize, positionBytes: usize, d0: v128, d1: v128, d2: v128, d3: v128): void {
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + positionBytes, f32x4.add(d1, d2));
  v128.store(to + 2 * positionBytes, f32x4.sub(d2, d1));
  v128.store(to + 3 * positionBytes, f32x4.sub(d1, d3));
}

/**
 * max(floor, Aᵀ m A + b) of 4 neighbouring tiles of a channel: 2 rows of 8 outputs, cut to `rows` and `width`, or the
 * maxima of its windows of 2×2: 4 values, cut to `width`.
 */
// @ts-ignore: decorator
@inline
function transformOutput(
  to: usize, from: usize, b: v128, floor: v128, rowBytes: usize, rows: i32, width: i32, spare: usize, halved: bool,
): void {
  let m0 = v128.load(from);
  let m1 = v128.load(from, 32);
  let m2 = v128.load(from, 64);
  let m3 = v128.load(from, 96);
  const s0 = f32x4.add(f32x4.add(m0, m1), m2);
  const t0 = f32x4.sub(f32x4.sub(m1, m2), m3);
  m0 = v128.load(from, 128);
  m1 = v128.load(from, 160);
  m2 = v128.load(from, 192);
  m3 = v128.load(from, 224);
  const s1 = f32x4.add(f32x4.add(m0, m1), m2);
  const t1 = f32x4.sub(f32x4.sub(m1, m2), m3);
  m0 = v128.load(from, 256);
  m1 = v128.load(from, 288);
  m2 = v128.load(from, 320);
  m3 = v128.load(from, 352);
  const s2 = f32x4.add(f32x4.add(m0, m1), m2);
  const t2 = f32x4.sub(f32x4.sub(m1, m2), m3);
  m0 = v128.load(from, 384);
  m1 = v128.load(from, 416);
  m2 = v128.load(from, 448);
  m3 = v128.load(from, 480);
  const s3 = f32x4.add(f32x4.add(m0, m1), m2);
  const t3 = f32x4.sub(f32x4.sub(m1, m2), m3);
  const even0 = f32x4.pmax(f32x4.add(f32x4.add(f32x4.add(s0, s1), s2), b), floor);
  const odd0 = f32x4.pmax(f32x4.add(f32x4.add(f32x4.add(t0, t1), t2), b), floor);
  const even1 = f32x4.pmax(f32x4.add(f32x4.sub(f32x4.sub(s1, s2), s3), b), floor);
  const odd1 = f32x4.pmax(f32x4.add(f32x4.sub(f32x4.sub(t1, t2), t3), b), floor);
  if (halved) {
    storePart(to, larger(larger(even0, even1), larger(odd0, odd1)), min(4, width));
    return;
  }
  storeRow(to, even0, odd0, width, spare);
  if (rows > 1) storeRow(to + rowBytes, even1, odd1, width, spare);
}

// @ts-ignore: decorator
@inline
function storeRow(to: usize, even: v128, odd: v128, width: i32, spare: usize): void {
  const low = v128.shuffle<f32>(even, odd, 0, 4, 1, 5);
  const high = v128.shuffle<f32>(even, odd, 2, 6, 3, 7);
  if (width >= 8) {
    v128.store(to, low);
    v128.store(to, high, 16);
    return;
  }
  v128.store(spare, low);
  v128.store(spare, high, 16);
  for (let i: usize = 0; i < <usize>width; i++) store<f32>(to + (i << 2), load<f32>(spare + (i << 2)));
}
