/**
 * Dropout. Masks come from Philox 4×32-10 (Salmon et al., SC 2011; see base/philox.ts) with key = seed and counter =
 * (block, step, stream, 0): unit i is dropped when its 16 bits of block i >> 3 are below the threshold: those of word
 * i & 3, the lower half for the first four units of a block, the upper for the others.
 */
import { arg, argF } from './args';
import { storeFirst } from './lanes';

const CHUNK: usize = 16384;

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** All ones where a unit is kept, for 32 units from 8·block on: writes eight vectors to `to`. */
// @ts-ignore: decorator
@inline
function keepMasks(args: usize, block: u32, threshold: v128, to: usize): void {
  let c0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(<i32>arg(args, 4));
  let c2 = i32x4.splat(<i32>arg(args, 5));
  let c3 = i32x4.splat(0);
  let k0 = <u32>arg(args, 6);
  let k1 = <u32>arg(args, 7);
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  for (let round = 0; round < 10; round++) {
    const a = i64x2.extmul_low_i32x4_u(c0, m0);
    const b = i64x2.extmul_high_i32x4_u(c0, m0);
    const c = i64x2.extmul_low_i32x4_u(c2, m1);
    const d = i64x2.extmul_high_i32x4_u(c2, m1);
    // Upper halves of the products are the odd lanes, lower halves the even ones.
    c0 = v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), v128.xor(c1, i32x4.splat(k0)));
    c1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
    c2 = v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), v128.xor(c3, i32x4.splat(k1)));
    c3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
    k0 += W0;
    k1 += W1;
  }
  // Lane l of word w belongs to units 8·l + w and 8·l + 4 + w: transpose.
  const a = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const b = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const d = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  keepHalves(v128.shuffle<i64>(a, b, 0, 2), threshold, to);
  keepHalves(v128.shuffle<i64>(a, b, 1, 3), threshold, to + 32);
  keepHalves(v128.shuffle<i64>(c, d, 0, 2), threshold, to + 64);
  keepHalves(v128.shuffle<i64>(c, d, 1, 3), threshold, to + 96);
}

/** Masks of the eight units of a block, from its four words. */
// @ts-ignore: decorator
@inline
function keepHalves(words: v128, threshold: v128, to: usize): void {
  v128.store(to, i32x4.ge_u(v128.and(words, i32x4.splat(0xffff)), threshold));
  v128.store(to + 16, i32x4.ge_u(i32x4.shr_u(words, 16), threshold));
}

/** args: y, x, count, threshold, step, stream, key low, key high; floats: scale. A unit is an element. */
export function dropoutKernel(args: usize, piece: i32, scratch: usize): void {
  const start = <usize>piece * CHUNK;
  const end = min(start + CHUNK, arg(args, 2));
  const y = arg(args, 0);
  const x = arg(args, 1);
  const threshold = i32x4.splat(<i32>arg(args, 3));
  const scale = f32x4.splat(argF(args, 0));
  for (let i = start; i < end; i += 32) {
    keepMasks(args, <u32>(i >> 3), threshold, scratch);
    for (let j: usize = 0; j < 32 && i + j < end; j += 4) {
      const kept = v128.and(v128.load(scratch + (j << 2)), f32x4.mul(v128.load(x + ((i + j) << 2)), scale));
      storeFirst(y + ((i + j) << 2), kept, min(4, end - i - j));
    }
  }
}

/**
 * args: y, x, units, threshold, step, stream, key low, key high, unit size, units a piece (a multiple of 32);
 * floats: scale. A unit is a channel of an image.
 */
export function dropoutChannelsKernel(args: usize, piece: i32, scratch: usize): void {
  const perPiece = arg(args, 9);
  const first = <usize>piece * perPiece;
  const last = min(first + perPiece, arg(args, 2));
  const size = arg(args, 8);
  const threshold = i32x4.splat(<i32>arg(args, 3));
  const scale = f32x4.splat(argF(args, 0));
  for (let unit = first; unit < last; unit++) {
    if (((unit - first) & 31) == 0) keepMasks(args, <u32>(unit >> 3), threshold, scratch);
    const kept = v128.load32_splat(scratch + ((unit & 31) << 2));
    let y = arg(args, 0) + ((unit * size) << 2);
    let x = arg(args, 1) + ((unit * size) << 2);
    const end = y + ((size & ~3) << 2);
    for (; y < end; y += 16, x += 16) v128.store(y, v128.and(kept, f32x4.mul(v128.load(x), scale)));
    if (size & 3) storeFirst(y, v128.and(kept, f32x4.mul(v128.load(x), scale)), size & 3);
  }
}
