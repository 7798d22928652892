/**
 * Training windows: cut, level, noise, masks; then mixing. Layout of plan and levels: kernels/window-plan.ts.
 * Arithmetic is float64, as it is on the host, and rounded to float32 after each step.
 */
import { arg } from './args';
import { philox } from './philox';

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
  const shift = level(levels + LEVEL);
  const tilt = level(levels + TILT);
  for (let band: usize = 0; band < bands; band++) {
    const position: f64 = bands > 1 ? <f64>band / <f64>(bands - 1) : 0.5;
    const ramp = tilt * (2 * position - 1);
    for (let end = window + (frames << 2); window < end; window += 4) {
      store<f32>(window, <f32>(<f64>load<f32>(window) + shift + ramp));
    }
  }
}

// @ts-ignore: decorator
@inline
function addNoise(args: usize, window: usize, count: usize, word: u32, scale: f64, row: u32, words: usize): void {
  let drawn: u32 = 0;
  for (let i: usize = 0; i < count; i++, window += 4, word++) {
    if (i == 0 || word >> 2 != drawn) {
      drawn = word >> 2;
      philox(drawn, <u32>arg(args, 11), <u32>arg(args, 12), row, <u32>arg(args, 13), <u32>arg(args, 14), words);
    }
    const random = load<u32>(words + ((word & 3) << 2));
    const sum = (random & 255) + ((random >> 8) & 255) + ((random >> 16) & 255) + (random >> 24);
    store<f32>(window, <f32>(<f64>load<f32>(window) + <f64>(<i32>sum - 510) * scale));
  }
}

/**
 * args: to, store, plan, levels, columns of the plan, bands, frames, masks in frequency, masks in time, gain?, noise?,
 * step, stream, key low, key high. A piece is a window; scratch holds four words.
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
  const own = level(arg(args, 3) + <usize>piece * LEVELS_ROW + SHARE);
  const rest = 1 - own;
  let y = arg(args, 0) + <usize>piece * bytes;
  let a = arg(args, 1) + <usize>piece * bytes;
  let b = arg(args, 1) + <usize>load<u32>(plan, PARTNER) * bytes;
  for (const end = y + bytes; y < end; y += 4, a += 4, b += 4) {
    store<f32>(y, <f32>(own * <f64>load<f32>(a) + rest * <f64>load<f32>(b)));
  }
}
