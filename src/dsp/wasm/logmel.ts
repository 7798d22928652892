// Log-mel spectra of four frames at a time, in AssemblyScript: the arithmetic of ../fft-passes.ts,
// ../spectrogram.ts, ../logmel-kernel.ts and ../decibel.ts, operation for operation, so that both give the same
// bits: transforms in float64, bands and decibels in float32. In a transform lane 0 of every vector belongs to frames t and t+1 (packed as real and imaginary part), lane 1 to t+2 and
// t+3. A complex element takes 32 bytes: two real parts, two imaginary parts. Strict SIMD only.

/** Four outputs of a radix-4 butterfly without twiddle factors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function butterfly(
  ar: v128, ai: v128, br: v128, bi: v128, cr: v128, ci: v128, dr: v128, di: v128, to: usize, step: usize,
): void {
  const acr = f64x2.add(ar, cr);
  const aci = f64x2.add(ai, ci);
  const sacr = f64x2.sub(ar, cr);
  const saci = f64x2.sub(ai, ci);
  const bdr = f64x2.add(br, dr);
  const bdi = f64x2.add(bi, di);
  const sbdr = f64x2.sub(br, dr);
  const sbdi = f64x2.sub(bi, di);
  v128.store(to, f64x2.add(acr, bdr));
  v128.store(to, f64x2.add(aci, bdi), 16);
  v128.store(to + step, f64x2.add(sacr, sbdi));
  v128.store(to + step, f64x2.sub(saci, sbdr), 16);
  v128.store(to + 2 * step, f64x2.sub(acr, bdr));
  v128.store(to + 2 * step, f64x2.sub(aci, bdi), 16);
  v128.store(to + 3 * step, f64x2.sub(sacr, sbdi));
  v128.store(to + 3 * step, f64x2.add(saci, sbdr), 16);
}

/** Stores (re, im) times the twiddle factor at `table`. */
// @ts-ignore: decorator
@inline
function storeTurned(re: v128, im: v128, table: usize, to: usize): void {
  const c = v128.load_splat<f64>(table);
  const s = v128.load_splat<f64>(table, 8);
  v128.store(to, f64x2.sub(f64x2.mul(re, c), f64x2.mul(im, s)));
  v128.store(to, f64x2.add(f64x2.mul(re, s), f64x2.mul(im, c)), 16);
}

/** The butterfly, its outputs 1 to 3 turned by the three twiddle factors at `table`. */
// @ts-ignore: decorator
@inline
function turnedButterfly(
  ar: v128, ai: v128, br: v128, bi: v128, cr: v128, ci: v128, dr: v128, di: v128, to: usize, step: usize,
  table: usize,
): void {
  const acr = f64x2.add(ar, cr);
  const aci = f64x2.add(ai, ci);
  const sacr = f64x2.sub(ar, cr);
  const saci = f64x2.sub(ai, ci);
  const bdr = f64x2.add(br, dr);
  const bdi = f64x2.add(bi, di);
  const sbdr = f64x2.sub(br, dr);
  const sbdi = f64x2.sub(bi, di);
  v128.store(to, f64x2.add(acr, bdr));
  v128.store(to, f64x2.add(aci, bdi), 16);
  storeTurned(f64x2.add(sacr, sbdi), f64x2.sub(saci, sbdr), table, to + step);
  storeTurned(f64x2.sub(acr, bdr), f64x2.sub(aci, bdi), table + 16, to + 2 * step);
  storeTurned(f64x2.sub(sacr, sbdi), f64x2.add(saci, sbdr), table + 32, to + 3 * step);
}

/** Samples of two frames, windowed. */
// @ts-ignore: decorator
@inline
function windowed(first: usize, second: usize, w: v128): v128 {
  return f64x2.mul(v128.load64_lane(second, v128.load64_zero(first), 1), w);
}

/** First pass over the windowed frames at a (t), b (t+1), c (t+2) and d (t+3). */
function firstPass(quarter: usize, a: usize, b: usize, c: usize, d: usize, window: usize, to: usize, table: usize): void {
  const step = quarter << 3;
  for (let end = a + step; a < end; a += 8, b += 8, c += 8, d += 8, window += 8, to += 128, table += 48) {
    const w0 = v128.load_splat<f64>(window);
    const w1 = v128.load_splat<f64>(window + step);
    const w2 = v128.load_splat<f64>(window + 2 * step);
    const w3 = v128.load_splat<f64>(window + 3 * step);
    turnedButterfly(
      windowed(a, c, w0), windowed(b, d, w0),
      windowed(a + step, c + step, w1), windowed(b + step, d + step, w1),
      windowed(a + 2 * step, c + 2 * step, w2), windowed(b + 2 * step, d + 2 * step, w2),
      windowed(a + 3 * step, c + 3 * step, w3), windowed(b + 3 * step, d + 3 * step, w3),
      to, 32, table,
    );
  }
}

/** A later pass: `stride` interleaved transforms of length 4·quarter. */
function radix4Pass(quarter: usize, stride: usize, from: usize, to: usize, table: usize): void {
  const row = stride << 5;
  const step = quarter * row;
  for (let end = from + row; from < end; from += 32, to += 32) {
    butterfly(
      v128.load(from), v128.load(from, 16), v128.load(from + step), v128.load(from + step, 16),
      v128.load(from + 2 * step), v128.load(from + 2 * step, 16),
      v128.load(from + 3 * step), v128.load(from + 3 * step, 16),
      to, row,
    );
  }
  for (let p: usize = 1; p < quarter; p++) {
    table += 48;
    to += 3 * row;
    for (let end = from + row; from < end; from += 32, to += 32) {
      turnedButterfly(
        v128.load(from), v128.load(from, 16), v128.load(from + step), v128.load(from + step, 16),
        v128.load(from + 2 * step), v128.load(from + 2 * step, 16),
        v128.load(from + 3 * step), v128.load(from + 3 * step, 16),
        to, row, table,
      );
    }
  }
}

/** Last pass of lengths that are no power of four. */
function radix2Last(half: usize, from: usize, to: usize): void {
  const step = half << 5;
  for (let end = from + step; from < end; from += 16, to += 16) {
    const a = v128.load(from);
    const b = v128.load(from + step);
    v128.store(to, f64x2.add(a, b));
    v128.store(to + step, f64x2.sub(a, b));
  }
}

/** |X|² of the four frames at one bin, as float32 from t to t+3: `z` is that bin, `y` the one it mirrors. */
// @ts-ignore: decorator
@inline
function power(z: usize, y: usize): v128 {
  const zr = v128.load(z);
  const zi = v128.load(z, 16);
  const yr = v128.load(y);
  const yi = v128.load(y, 16);
  const ar = f64x2.add(zr, yr);
  const ai = f64x2.sub(zi, yi);
  const br = f64x2.add(zi, yi);
  const bi = f64x2.sub(yr, zr);
  const a = f32x4.demote_f64x2_zero(f64x2.add(f64x2.mul(ar, ar), f64x2.mul(ai, ai)));
  const b = f32x4.demote_f64x2_zero(f64x2.add(f64x2.mul(br, br), f64x2.mul(bi, bi)));
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

/** |X|² of the four frames at the bins from `first` to before `end`, bin k at 16k. */
function powers(length: usize, z: usize, first: usize, end: usize, to: usize): void {
  for (let k = first; k < end; k++) {
    v128.store(to + (k << 4), power(z + (k << 5), z + (((length - k) & (length - 1)) << 5)));
  }
}

/** As in ../decibel.ts. */
const DB_PER_NEPER: f32 = 4.342944819032518;
const OCTAVE_HIGH: f32 = 3;
const OCTAVE_LOW: f32 = 0.010299956639812;

/** 10·log10 of positive normal numbers, as in ../decibel.ts. */
// @ts-ignore: decorator
@inline
function decibels(x: v128): v128 {
  const biased = i32x4.shr_u(i32x4.add(x, i32x4.splat(0x3f800000 - 0x3f3504f3)), 23);
  const octaves = i32x4.sub(biased, i32x4.splat(127));
  const k = f32x4.convert_i32x4_s(octaves);
  const m = i32x4.sub(x, i32x4.shl(octaves, 23));
  const f = f32x4.sub(m, f32x4.splat(1));
  const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let p = f32x4.add(f32x4.splat((2 * DB_PER_NEPER) / 5), f32x4.mul(z, f32x4.splat((2 * DB_PER_NEPER) / 7)));
  p = f32x4.add(f32x4.splat((2 * DB_PER_NEPER) / 3), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(2 * DB_PER_NEPER), f32x4.mul(z, p));
  const rest = f32x4.add(f32x4.mul(k, f32x4.splat(OCTAVE_LOW)), f32x4.mul(s, p));
  return f32x4.add(f32x4.mul(k, f32x4.splat(OCTAVE_HIGH)), rest);
}

const GREATEST: f32 = 3.4028234663852886e38;

/** Mel bands of the four frames in decibels to `out`, one row a band; raises the four maxima at `peak`. */
function melBands(
  bands: usize, ranges: usize, weights: usize, power: usize, least: f32, peak: usize, out: usize, rowBytes: usize,
): void {
  const amin = f32x4.splat(least);
  const most = f32x4.splat(GREATEST);
  let top = v128.load(peak);
  for (const end = ranges + (bands << 3); ranges < end; ranges += 8, out += rowBytes) {
    let bin = power + ((<usize>load<u32>(ranges)) << 4);
    let sum = f32x4.splat(0);
    for (const stop = weights + ((<usize>load<u32>(ranges, 4)) << 2); weights < stop; weights += 4, bin += 16) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weights), v128.load(bin)));
    }
    const db = decibels(f32x4.pmin(most, f32x4.pmax(amin, sum)));
    top = f32x4.pmax(top, db);
    v128.store(out, db);
  }
  v128.store(peak, top);
}

/**
 * All frames of one signal. `signal` float64; `window` and `tables` as in the plan (one table of twiddle factors a
 * pass, one after the other); `work` twice `length` complex elements; `ranges` a (first bin, number of weights)
 * pair a band, in the order of their bins; `out` a row of `frames` a band, and room for three values more. Where frames
 * are no multiple of four, the last ones repeat, and what is too much is written over by the next row: hence from the
 * end to the start.
 */
export function logMel(
  length: usize, frames: usize, hop: usize, signal: usize, window: usize, tables: usize, work: usize, bands: usize,
  ranges: usize, weights: usize, amin: f32, peak: usize, out: usize,
): void {
  const next = hop << 3;
  const last = signal + (frames - 1) * next;
  const first = <usize>load<u32>(ranges);
  const ends = ranges + ((bands - 1) << 3);
  const end = <usize>load<u32>(ends) + <usize>load<u32>(ends, 4);
  for (let group = (frames + 3) >> 2; group > 0; group--) {
    const t = (group - 1) << 2;
    const a = signal + t * next;
    const b = min(last, a + next);
    const c = min(last, a + 2 * next);
    const d = min(last, a + 3 * next);
    let from = work;
    let to = work + (length << 5);
    let table = tables;
    firstPass(length >> 2, a, b, c, d, window, from, table);
    let remaining = length >> 2;
    let stride: usize = 4;
    table += length * 12;
    for (; remaining >= 4; remaining >>= 2, stride <<= 2) {
      radix4Pass(remaining >> 2, stride, from, to, table);
      table += remaining * 12;
      const swap = from;
      from = to;
      to = swap;
    }
    if (remaining == 2) {
      radix2Last(stride, from, to);
      const swap = from;
      from = to;
      to = swap;
    }
    powers(length, from, first, end, to);
    melBands(bands, ranges, weights, to, amin, peak, out + (t << 2), frames << 2);
  }
}

/** Subtracts `ref` from `count` float32 and raises what is below `floor` to it; up to three values behind are changed. */
export function limit(values: usize, count: usize, ref: f32, floor: f32): void {
  const r = f32x4.splat(ref);
  const least = f32x4.splat(floor);
  for (const end = values + (count << 2); values < end; values += 16) {
    v128.store(values, f32x4.max(f32x4.sub(v128.load(values), r), least));
  }
}
