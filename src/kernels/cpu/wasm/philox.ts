/** Philox 4×32-10 (Salmon et al., SC 2011): the words of base/philox.ts, and what dropout makes of them. */
import { arg } from './args';

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** Bytes of the keys of all rounds, before whatever is made of words. */
export const KEYS: usize = 320;

/** Both keys of each of the ten rounds, four times over, to `keys`. */
export function roundKeys(k0: u32, k1: u32, keys: usize): void {
  for (let round: u32 = 0; round < 10; round++) {
    v128.store(keys + (round << 5), i32x4.splat(k0 + round * W0));
    v128.store(keys + (round << 5), i32x4.splat(k1 + round * W1), 16);
  }
}

/**
 * Writes the 32 random words of blocks `block` … `block` + 7 of (step, stream, sample) to `out`. A function of its own
 * and eight blocks at a time: it takes all registers there are, and half of its time would be spent waiting.
 */
export function philoxBlocks(block: u32, step: u32, stream: u32, sample: u32, keys: usize, out: usize): void {
  let c0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(step);
  let c2 = i32x4.splat(stream);
  let c3 = i32x4.splat(sample);
  let d0 = i32x4.add(i32x4.splat(block), i32x4(4, 5, 6, 7));
  let d1 = c1;
  let d2 = c2;
  let d3 = c3;
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  for (const end = keys + KEYS; keys < end; keys += 32) {
    let p = i64x2.extmul_low_i32x4_u(c0, m0);
    let q = i64x2.extmul_high_i32x4_u(c0, m0);
    let r = i64x2.extmul_low_i32x4_u(c2, m1);
    let s = i64x2.extmul_high_i32x4_u(c2, m1);
    c0 = v128.xor(uppers(r, s), v128.xor(c1, v128.load(keys)));
    c1 = lowers(r, s);
    c2 = v128.xor(uppers(p, q), v128.xor(c3, v128.load(keys, 16)));
    c3 = lowers(p, q);
    p = i64x2.extmul_low_i32x4_u(d0, m0);
    q = i64x2.extmul_high_i32x4_u(d0, m0);
    r = i64x2.extmul_low_i32x4_u(d2, m1);
    s = i64x2.extmul_high_i32x4_u(d2, m1);
    d0 = v128.xor(uppers(r, s), v128.xor(d1, v128.load(keys)));
    d1 = lowers(r, s);
    d2 = v128.xor(uppers(p, q), v128.xor(d3, v128.load(keys, 16)));
    d3 = lowers(p, q);
  }
  storeBlocks(c0, c1, c2, c3, out);
  storeBlocks(d0, d1, d2, d3, out + 64);
}

/** Upper halves of four products of 64 bits. */
// @ts-ignore: decorator
@inline
function uppers(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

// @ts-ignore: decorator
@inline
function lowers(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/** Lane l of cᵢ is word i of block l. */
// @ts-ignore: decorator
@inline
function storeBlocks(c0: v128, c1: v128, c2: v128, c3: v128, out: usize): void {
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
 * All ones where dropout keeps a unit, for `count` units from 8·block on: a vector for every four. Unit i is dropped
 * when its 16 bits of block i >> 3 of (step, stream, 0) are below the threshold: those of word i & 3, the lower half for
 * the first four units of a block, the upper for the others.
 * args: threshold, step, stream, key low, key high.
 * @param scratch room for the keys and for masks of whole 64 units; @returns where the masks are
 */
export function keepMasks(args: usize, block: u32, count: usize, scratch: usize): usize {
  const step = <u32>arg(args, 1);
  const stream = <u32>arg(args, 2);
  const masks = scratch + KEYS;
  const end = masks + (count << 2);
  roundKeys(<u32>arg(args, 3), <u32>arg(args, 4), scratch);
  // Not below: one instruction less than i32x4.ge_u.
  const below = i32x4.splat(<i32>arg(args, 0) - 1);
  for (let to = masks; to < end; to += 256, block += 8) {
    // The words take the first half of the room; the last masks are made first.
    philoxBlocks(block, step, stream, 0, scratch, to);
    for (let i = 7; i >= 0; i--) {
      const words = v128.load(to + (<usize>i << 4));
      const at = to + (<usize>i << 5);
      v128.store(at, i32x4.gt_s(v128.and(words, i32x4.splat(0xffff)), below));
      v128.store(at, i32x4.gt_s(i32x4.shr_u(words, 16), below), 16);
    }
  }
  return masks;
}
