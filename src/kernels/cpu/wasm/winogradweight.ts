/**
 * Gradient with respect to a 3×3 weight in the transformed domain of winograd.ts. As y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A is
 * linear in g, dg = Gᵀ[Σ (A dy Aᵀ) ⊙ (Bᵀ d B)]G, where the sum goes over tiles and images: 16 matrix products with
 * the tiles as the inner axis. Along one axis A dy = (y0, y0+y1, y0−y1, −y1) and
 * Gᵀm = (m0 + (m1+m2)/2, (m1−m2)/2, (m1+m2)/2 + m3).
 */
import { arg, argI } from './args';
import { accumulate } from './conv2dweight';
import { padPlanes } from './padding';
import { transpose8 } from './transpose';
import { transformInput } from './winograd';

/**
 * args: partial, x, dy, offsets, outputs, inputs, groups, images, height, width, outHeight, outWidth, slots, chunks,
 * tile rows a band, bands, padded rows, top, left, pitch, offsets in scratch of transformed x, dy by pixel,
 * transformed dy, bytes from channel to channel and from position to position of transformed x.
 * piece = (slot·groups + group)·chunks + chunk. partial: [slot][group][block of 8][16][input][8].
 */
export function winogradWeightGrad(args: usize, piece: i32, scratch: usize): void {
  const offsets = arg(args, 3);
  const outputs = argI(args, 4);
  const inputs = argI(args, 5);
  const groups = argI(args, 6);
  const images = argI(args, 7);
  const height = argI(args, 8);
  const width = argI(args, 9);
  const outHeight = argI(args, 10);
  const outWidth = argI(args, 11);
  const slots = argI(args, 12);
  const chunks = argI(args, 13);
  const bandRows = argI(args, 14);
  const bands = argI(args, 15);
  const paddedRows = argI(args, 16);
  const pitch = argI(args, 19);
  const transformed = scratch + arg(args, 20);
  const pixels = scratch + arg(args, 21);
  const gradients = scratch + arg(args, 22);

  const chunk = piece % chunks;
  const slotGroup = piece / chunks;
  const group = slotGroup % groups;
  const slot = slotGroup / groups;
  const blocks = (outputs + 7) >> 3;
  const firstBlock = chunk * blocks / chunks;
  const endBlock = (chunk + 1) * blocks / chunks;
  const blockBytes = <usize>inputs << 9;
  const partial = arg(args, 0) + <usize>(slotGroup * blocks) * blockBytes;
  memory.fill(partial + <usize>firstBlock * blockBytes, 0, <usize>(endBlock - firstBlock) * blockBytes);

  const planeBytes = <usize>(outHeight * outWidth) << 2;
  const bandBytes = <usize>(paddedRows * 2 * pitch) << 2;
  const groupsAcross = (((outWidth + 1) >> 1) + 3) >> 2;
  const channelBytes = arg(args, 23);
  const positionBytes = arg(args, 24);
  const endImage = (slot + 1) * images / slots;
  for (let n = slot * images / slots; n < endImage; n++) {
    const plane = <usize>(n * groups + group);
    const x = arg(args, 1) + (plane * <usize>inputs * <usize>(height * width) << 2);
    const dy = arg(args, 2) + plane * <usize>outputs * planeBytes;
    for (let band = 0; band < bands; band++) {
      const firstRow = 2 * band * bandRows;
      const outRows = min(2 * bandRows, outHeight - firstRow);
      const rows = (outRows + 1) >> 1;
      padPlanes(
        scratch, x, inputs, height, width, firstRow - argI(args, 17), argI(args, 18), paddedRows, 2, pitch,
      );
      const count = rows * groupsAcross;
      for (let g = 0; g < count; g++) {
        const r = g / groupsAcross;
        const from = scratch + (<usize>(r * 4 * pitch + (g - r * groupsAcross) * 4) << 2);
        transformInput(
          transformed + (<usize>g << 4), from, inputs, <usize>pitch << 2, bandBytes, positionBytes, channelBytes,
        );
      }
      // Not a multiple of 4 KiB, so that the 16 positions do not compete for the same cache sets.
      const gradientBytes = (<usize>count << 7) + 192;
      for (let block = firstBlock; block < endBlock; block++) {
        const from = dy + <usize>(block * 8) * planeBytes + (<usize>(firstRow * outWidth) << 2);
        transpose8(pixels, from, planeBytes, min(8, outputs - block * 8), outRows * outWidth);
        for (let r = 0; r < rows; r++) {
          transformRow(
            gradients + (<usize>(r * groupsAcross) << 7), gradientBytes, pixels + (<usize>(2 * r * outWidth) << 5),
            outWidth, 4 * groupsAcross, 2 * r + 1 < outRows,
          );
        }
        for (let p: usize = 0; p < 16; p++) {
          accumulate(
            gradients + p * gradientBytes, transformed + p * positionBytes, offsets, inputs, 1, 4 * count, 0,
            partial + <usize>block * blockBytes + p * (<usize>inputs << 5),
          );
        }
      }
    }
  }
}

/** A dy Aᵀ of the tiles of a row, 8 channels each: `tiles` of them, those beyond the width zero. */
function transformRow(to: usize, positionBytes: usize, pixels: usize, width: i32, tiles: i32, both: bool): void {
  const zero = f32x4.splat(0);
  const below = <usize>width << 5;
  for (let t = 0; t < tiles; t++, to += 32) {
    const column = 2 * t;
    for (let half: usize = 0; half < 32; half += 16) {
      const from = pixels + (<usize>column << 5) + half;
      const a = column < width ? v128.load(from) : zero;
      const b = column + 1 < width ? v128.load(from, 32) : zero;
      const c = both && column < width ? v128.load(from + below) : zero;
      const d = both && column + 1 < width ? v128.load(from + below, 32) : zero;
      let position = to + half;
      position = storeRow(position, positionBytes, a, b);
      position = storeRow(position, positionBytes, f32x4.add(a, c), f32x4.add(b, d));
      position = storeRow(position, positionBytes, f32x4.sub(a, c), f32x4.sub(b, d));
      storeRow(position, positionBytes, f32x4.neg(c), f32x4.neg(d));
    }
  }
}

// @ts-ignore: decorator
@inline
function storeRow(to: usize, positionBytes: usize, a: v128, b: v128): usize {
  v128.store(to, a);
  v128.store(to + positionBytes, f32x4.add(a, b));
  v128.store(to + 2 * positionBytes, f32x4.sub(a, b));
  v128.store(to + 3 * positionBytes, f32x4.neg(b));
  return to + 4 * positionBytes;
}

/** args: dw, partial, outputs, inputs, groups, slots. piece = group·blocks + block. Adds the slots in order. */
export function winogradWeightSum(args: usize, piece: i32, scratch: usize): void {
  const outputs = argI(args, 2);
  const inputs = argI(args, 3);
  const groups = argI(args, 4);
  const slots = argI(args, 5);
  const blocks = (outputs + 7) >> 3;
  const group = piece / blocks;
  const first = (piece - group * blocks) << 3;
  const positionBytes = <usize>inputs << 5;
  const slotBytes = <usize>(groups * blocks) * 16 * positionBytes;
  const partial = arg(args, 1) + <usize>piece * 16 * positionBytes;
  const half = f32x4.splat(0.5);
  for (let i = 0; i < inputs; i++) {
    for (let side = 0; side < 8; side += 4) {
      const from = partial + (<usize>(i * 8 + side) << 2);
      // Columns of Gᵀ m …
      for (let c: usize = 0; c < 4; c++) {
        const m0 = sumSlots(from + c * positionBytes, slotBytes, slots);
        const m1 = sumSlots(from + (4 + c) * positionBytes, slotBytes, slots);
        const m2 = sumSlots(from + (8 + c) * positionBytes, slotBytes, slots);
        const m3 = sumSlots(from + (12 + c) * positionBytes, slotBytes, slots);
        const middle = f32x4.mul(half, f32x4.add(m1, m2));
        const to = scratch + (c << 4);
        v128.store(to, f32x4.add(m0, middle));
        v128.store(to, f32x4.mul(half, f32x4.sub(m1, m2)), 64);
        v128.store(to, f32x4.add(middle, m3), 128);
      }
      // … and then its rows.
      for (let r: usize = 0; r < 3; r++) {
        const row = scratch + (r << 6);
        const m1 = v128.load(row, 16);
        const m2 = v128.load(row, 32);
        const middle = f32x4.mul(half, f32x4.add(m1, m2));
        const to = scratch + 192 + r * 48;
        v128.store(to, f32x4.add(v128.load(row), middle));
        v128.store(to, f32x4.mul(half, f32x4.sub(m1, m2)), 16);
        v128.store(to, f32x4.add(middle, v128.load(row, 48)), 32);
      }
      const end = min(4, outputs - first - side);
      for (let j = 0; j < end; j++) {
        const o = group * outputs + first + side + j;
        const to = arg(args, 0) + (<usize>((o * inputs + i) * 9) << 2);
        const taps = scratch + 192 + (<usize>j << 2);
        for (let k: usize = 0; k < 9; k++) store<f32>(to + (k << 2), load<f32>(taps + (k << 4)));
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function sumSlots(from: usize, slotBytes: usize, slots: i32): v128 {
  let total = v128.load(from);
  for (let slot = 1; slot < slots; slot++) {
    from += slotBytes;
    total = f32x4.add(total, v128.load(from));
  }
  return total;
}
