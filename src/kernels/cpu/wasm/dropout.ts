/** Dropout. Which units are dropped is said at `keepMasks`. */
import { arg, argF } from './args';
import { storeFirst } from './lanes';
import { keepMasks } from './philox';

const CHUNK: usize = 16384;

/** args: y, x, count, threshold, step, stream, key low, key high; floats: scale. A unit is an element. */
export function dropoutKernel(args: usize, piece: i32, scratch: usize): void {
  const start = <usize>piece * CHUNK;
  const end = min(start + CHUNK, arg(args, 2));
  const y = arg(args, 0);
  const x = arg(args, 1);
  const scale = f32x4.splat(argF(args, 0));
  let i = start;
  for (; i + 32 <= end; i += 32) {
    keepMasks(args + 12, <u32>(i >> 3), scratch);
    const from = x + (i << 2);
    const to = y + (i << 2);
    for (let at: usize = 0; at < 128; at += 16) {
      v128.store(to + at, v128.and(v128.load(scratch + at), f32x4.mul(v128.load(from + at), scale)));
    }
  }
  if (i < end) {
    keepMasks(args + 12, <u32>(i >> 3), scratch);
    for (let j: usize = 0; i + j < end; j += 4) {
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
  const scale = f32x4.splat(argF(args, 0));
  for (let unit = first; unit < last; unit++) {
    if (((unit - first) & 31) == 0) keepMasks(args + 12, <u32>(unit >> 3), scratch);
    const kept = v128.load32_splat(scratch + ((unit & 31) << 2));
    let y = arg(args, 0) + ((unit * size) << 2);
    let x = arg(args, 1) + ((unit * size) << 2);
    const end = y + ((size & ~3) << 2);
    for (; y < end; y += 16, x += 16) v128.store(y, v128.and(kept, f32x4.mul(v128.load(x), scale)));
    if (size & 3) storeFirst(y, v128.and(kept, f32x4.mul(v128.load(x), scale)), size & 3);
  }
}
