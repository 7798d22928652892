/** Philox 4×32-10 (Salmon et al., SC 2011): the words of base/philox.ts, and what dropout makes of them. */
import { arg } from './args';

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** Writes the 16 random words of blocks `block` … `block` + 3 of (step, stream, sample), key (k0, k1), to `out`. */
// @ts-ignore: decorator
@inline
export function philoxBlocks(block: u32, step: u32, stream: u32, sample: u32, k0: u32, k1: u32, out: usize): void {
  let c0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(step);
  let c2 = i32x4.splat(stream);
  let c3 = i32x4.splat(sample);
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  let key0 = i32x4.splat(k0);
  let key1 = i32x4.splat(k1);
  for (let round = 0; round < 10; round++) {
    const a = i64x2.extmul_low_i32x4_u(c0, m0);
    const b = i64x2.extmul_high_i32x4_u(c0, m0);
    const c = i64x2.extmul_low_i32x4_u(c2, m1);
    const d = i64x2.extmul_high_i32x4_u(c2, m1);
    // Upper halves of the products are the odd lanes, lower halves the even ones.
    c0 = v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), v128.xor(c1, key0));
    c1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
    c2 = v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), v128.xor(c3, key1));
    c3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
    key0 = i32x4.add(key0, i32x4.splat(W0));
    key1 = i32x4.add(key1, i32x4.splat(W1));
  }
  // Lane l of cᵢ is word i of block l: transpose.
  const a = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const b = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const d = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(a, b, 0, 2));
  v128.store(out, v128.shuffle<i64>(a, b, 1, 3), 16);
  v128.store(out, v128.shuffle<i64>(c, d, 0, 2), 32);
  v128.store(out, v128.shuffle<i64>(c, d, 1, 3), 48);
}

/**
 * All ones where dropout keeps a unit, for 32 units from 8·block on: writes eight vectors to `to`. Unit i is dropped
 * when its 16 bits of block i >> 3 of (step, stream, 0) are below the threshold: those of word i & 3, the lower half for
 * the first four units of a block, the upper for the others.
 * args: threshold, step, stream, key low, key high.
 */
// @ts-ignore: decorator
@inline
export function keepMasks(args: usize, block: u32, to: usize): void {
  const step = <u32>arg(args, 1);
  const stream = <u32>arg(args, 2);
  // The words take the first half of the room; the last masks are made first.
  philoxBlocks(block, step, stream, 0, <u32>arg(args, 3), <u32>arg(args, 4), to);
  const threshold = i32x4.splat(<i32>arg(args, 0));
  for (let i = 3; i >= 0; i--) {
    const words = v128.load(to + (<usize>i << 4));
    const masks = to + (<usize>i << 5);
    v128.store(masks, i32x4.ge_u(v128.and(words, i32x4.splat(0xffff)), threshold));
    v128.store(masks, i32x4.ge_u(i32x4.shr_u(words, 16), threshold), 16);
  }
}
