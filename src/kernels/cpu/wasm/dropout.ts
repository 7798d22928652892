/** Dropout. Which units are dropped is said at `keepMasks`. */
import { arg, argF } from './args';
import { storeFirst } from './lanes';
import { keepMasks } from './philox';

const CHUNK: usize = 16384;
/** Elements whose masks are drawn at a time; MASKS in ../dropout.ts. */
const MASKS: usize = 512;

/** args: y, x, count, threshold, step, stream, key low, key high; floats: scale. A unit is an element. */
export function dropoutKernel(args: usize, piece: i32, scratch: usize): void {
  const start = <usize>piece * CHUNK;
  const end = min(start + CHUNK, arg(args, 2));
  const y = arg(args, 0);
  const x = arg(args, 1);
  const scale = f32x4.splat(argF(args, 0));
  for (let first = start; first < end; first += MASKS) {
    const count = min(MASKS, end - first);
    const masks = keepMasks(args + 12, <u32>(first >> 3), count, scratch);
    const from = x + (first << 2);
    const to = y + (first << 2);
    const whole = (count & ~3) << 2;
    for (let at: usize = 0; at < whole; at += 16) {
      v128.store(to + at, v128.and(v128.load(masks + at), f32x4.mul(v128.load(from + at), scale)));
    }
    if (count & 3) {
      const kept = v128.and(v128.load(masks + whole), f32x4.mul(v128.load(from + whole), scale));
      storeFirst(to + whole, kept, count & 3);
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
  let masks: usize = 0;
  for (let unit = first; unit < last; unit++) {
    const drawn = (unit - first) & 63;
    if (drawn == 0) masks = keepMasks(args + 12, <u32>(unit >> 3), 64, scratch);
    const kept = v128.load32_splat(masks + (drawn << 2));
    let y = arg(args, 0) + ((unit * size) << 2);
    let x = arg(args, 1) + ((unit * size) << 2);
    const end = y + ((size & ~3) << 2);
    for (; y < end; y += 16, x += 16) v128.store(y, v128.and(kept, f32x4.mul(v128.load(x), scale)));
    if (size & 3) storeFirst(y, v128.and(kept, f32x4.mul(v128.load(x), scale)), size & 3);
  }
}
