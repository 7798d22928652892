/**
 * Training windows: cut, level, noise, masks; then mixing. Layout of plan and levels: kernels/window-plan.ts.
 * Arithmetic is float64, as it is on the host, and rounded to float32 after each step.
 */
import { arg } from './args';
import { high64, join64, low64, storeFirst } from './lanes';
import { KEYS, philoxBlocks, roundKeys } from './philox';

/** Columns of the plan and of the levels, in bytes. */
const OFFSET = 0;
const FRAMES = 4;
const START = 8;
const PARTNER = 12;
const NOISE_WORD = 16;
const MASKS = 20;
const LEVEL = 0;
const TILT = 12;
const NOISE_SCALE = 24;
const SHARE = 36;
const LEVELS_ROW: usize = 48;

/** A float64 from the three float32 that sum to it. */
// @ts-ignore: decorator
@inline
function level(at: usize): f64 {
  return <f64>load<f32>(at) + <f64>load<f32>(at, 4) + <f64>load<f32>(at, 8);
}

// @ts-ignore: decorator
@inline
function cut(to: usize, from: usize, plan: usize, bands: usize, frames: usize): void {
  const own = <usize>load<u32>(plan, FRAMES);
  const start = <usize>load<u32>(plan, START);
  let row = from + (<usize>load<u32>(plan, OFFSET) << 2);
  for (let band: usize = 0; band < bands; band++) {
    let column = start;
    // Whole runs up to the recording's end, then from its beginning.
    for (let done: usize = 0; done < frames; ) {
      const run = min(frames - done, own - column);
      memory.copy(to + (done << 2), row + (column << 2), run << 2);
      done += run;
      column = 0;
    }
    row += own << 2;
    to += frames << 2;
  }
}

// @ts-ignore: decorator
@inline
function shiftLevel(window: usize, levels: usize, bands: usize, frames: usize): void {
  const shift = f64x2.splat(level(levels + LEVEL));
  const tilt = level(levels + TILT);
  for (let band: usize = 0; band < bands; band++) {
    const position: f64 = bands > 1 ? <f64>band / <f64>(bands - 1) : 0.5;
    const ramp = f64x2.splat(tilt * (2 * position - 1));
    for (let i: usize = 0; i < frames; i += 4) {
      const at = window + (i << 2);
      const x = v128.load(at);
      const low = f64x2.add(f64x2.add(low64(x), shift), ramp);
      const high = f64x2.add(f64x2.add(high64(x), shift), ramp);
      storeFirst(at, join64(low, high), min(4, frames - i));
    }
    window += frames << 2;
  }
}

/** Four elements and the noise of four words. */
// @ts-ignore: decorator
@inline
function noisy(x: v128, words: v128, scale: v128): v128 {
  const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(words));
  const centred = i32x4.sub(sums, i32x4.splat(510));
  const upper = v128.shuffle<i64>(centred, centred, 1, 1);
  const first = f64x2.mul(f64x2.convert_low_i32x4_s(centred), scale);
  const second = f64x2.mul(f64x2.convert_low_i32x4_s(upper), scale);
  return join64(f64x2.add(low64(x), first), f64x2.add(high64(x), second));
}

/** Words come 32 at a time, from the block that holds the first one; `scratch` is room for keys and 36 words. */
// @ts-ignore: decorator
@inline
function addNoise(args: usize, window: usize, count: usize, word: u32, factor: f64, row: u32, scratch: usize): void {
  const scale = f64x2.splat(factor);
  const step = <u32>arg(args, 11);
  const stream = <u32>arg(args, 12);
  const words = scratch + KEYS;
  roundKeys(<u32>arg(args, 13), <u32>arg(args, 14), scratch);
  let block = word >> 2;
  let skipped = <usize>(word & 3);
  for (let i: usize = 0; i < count; block += 8) {
    philoxBlocks(block, step, stream, row, scratch, words);
    const end = min(count, i + 32 - skipped);
    let from = words + (skipped << 2);
    for (; i < end; i += 4, from += 16) {
      const at = window + (i << 2);
      storeFirst(at, noisy(v128.load(at), v128.load(from), scale), min(4, end - i));
    }
    i = end;
    skipped = 0;
  }
}

/**
 * args: to, store, plan, levels, columns of the plan, bands, frames, masks in frequency, masks in time, gain?, noise?,
 * step, stream, key low, key high. A piece is a window; scratch holds keys and 36 words.
 */
export function varyWindowsKernel(args: usize, piece: i32, scratch: usize): void {
  const plan = arg(args, 2) + ((<usize>piece * arg(args, 4)) << 2);
  const levels = arg(args, 3) + <usize>piece * LEVELS_ROW;
  const bands = arg(args, 5);
  const frames = arg(args, 6);
  const window = arg(args, 0) + ((<usize>piece * bands * frames) << 2);
  cut(window, arg(args, 1), plan, bands, frames);
  if (arg(args, 9)) shiftLevel(window, levels, bands, frames);
  if (arg(args, 10)) {
    addNoise(args, window, bands * frames, load<u32>(plan, NOISE_WORD), level(levels + NOISE_SCALE), piece, scratch);
  }
  let mask = plan + MASKS;
  for (let i: usize = 0; i < arg(args, 7); i++, mask += 8) {
    const start = <usize>load<u32>(mask);
    memory.fill(window + ((start * frames) << 2), 0, (<usize>load<u32>(mask, 4) * frames) << 2);
  }
  for (let i: usize = 0; i < arg(args, 8); i++, mask += 8) {
    let to = window + (<usize>load<u32>(mask) << 2);
    const width = <usize>load<u32>(mask, 4) << 2;
    for (let band: usize = 0; band < bands; band++, to += frames << 2) memory.fill(to, 0, width);
  }
}

/** args: y, windows, plan, levels, columns of the plan, elements a window. A piece is a window. */
export function mixWindowsKernel(args: usize, piece: i32, scratch: usize): void {
  const bytes = arg(args, 5) << 2;
  const plan = arg(args, 2) + ((<usize>piece * arg(args, 4)) << 2);
  const share = level(arg(args, 3) + <usize>piece * LEVELS_ROW + SHARE);
  const own = f64x2.splat(share);
  const rest = f64x2.splat(1 - share);
  let y = arg(args, 0) + <usize>piece * bytes;
  let a = arg(args, 1) + <usize>piece * bytes;
  let b = arg(args, 1) + <usize>load<u32>(plan, PARTNER) * bytes;
  for (const end = y + bytes; y < end; y += 16, a += 16, b += 16) {
    const from = v128.load(a);
    const other = v128.load(b);
    const low = f64x2.add(f64x2.mul(own, low64(from)), f64x2.mul(rest, low64(other)));
    const high = f64x2.add(f64x2.mul(own, high64(from)), f64x2.mul(rest, high64(other)));
    storeFirst(y, join64(low, high), min(4, (end - y) >> 2));
  }
}
