// Log-mel spectra of four frames at a time, in AssemblyScript: the arithmetic of ../fft-passes.ts,
// ../spectrogram.ts, ../logmel-plain.ts and ../decibel.ts, operation for operation, so that both give the same
// bits. Lane 0 of every vector belongs to frames t and t+1 (packed as real and imaginary part), lane 1 to t+2 and
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

/** |X|² of the four frames: bin k at 32k as (t, t+2), (t+1, t+3). */
function powers(length: usize, z: usize, to: usize): void {
  const four = f64x2.splat(4);
  const re0 = v128.load(z);
  const im0 = v128.load(z, 16);
  v128.store(to, f64x2.mul(f64x2.mul(four, re0), re0));
  v128.store(to, f64x2.mul(f64x2.mul(four, im0), im0), 16);
  let mirrored = z + ((length - 1) << 5);
  z += 32;
  to += 32;
  for (; z <= mirrored; z += 32, mirrored -= 32, to += 32) {
    const zr = v128.load(z);
    const zi = v128.load(z, 16);
    const yr = v128.load(mirrored);
    const yi = v128.load(mirrored, 16);
    const ar = f64x2.add(zr, yr);
    const ai = f64x2.sub(zi, yi);
    const br = f64x2.add(zi, yi);
    const bi = f64x2.sub(yr, zr);
    v128.store(to, f64x2.add(f64x2.mul(ar, ar), f64x2.mul(ai, ai)));
    v128.store(to, f64x2.add(f64x2.mul(br, br), f64x2.mul(bi, bi)), 16);
  }
}

const DB_PER_NEPER: f64 = 4.342944819032518;
const DB_PER_OCTAVE: f64 = 3.010299956639812;

/** 10·log10 of positive normal numbers, as in ../decibel.ts. */
// @ts-ignore: decorator
@inline
function decibels(x: v128): v128 {
  const biased = i64x2.shr_u(i64x2.add(x, i64x2.splat(0x00095f6200000000)), 52);
  // an integer below 2^52 becomes a double once it stands in the mantissa of 2^52
  const k = f64x2.sub(v128.or(biased, i64x2.splat(0x4330000000000000)), f64x2.splat(4503599627371519));
  const m = i64x2.sub(x, i64x2.shl(i64x2.sub(biased, i64x2.splat(1023)), 52));
  const f = f64x2.sub(m, f64x2.splat(1));
  const s = f64x2.div(f, f64x2.add(f, f64x2.splat(2)));
  const z = f64x2.mul(s, s);
  let p = f64x2.add(f64x2.splat((2 * DB_PER_NEPER) / 9), f64x2.mul(z, f64x2.splat((2 * DB_PER_NEPER) / 11)));
  p = f64x2.add(f64x2.splat((2 * DB_PER_NEPER) / 7), f64x2.mul(z, p));
  p = f64x2.add(f64x2.splat((2 * DB_PER_NEPER) / 5), f64x2.mul(z, p));
  p = f64x2.add(f64x2.splat((2 * DB_PER_NEPER) / 3), f64x2.mul(z, p));
  p = f64x2.add(f64x2.splat(2 * DB_PER_NEPER), f64x2.mul(z, p));
  return f64x2.add(f64x2.mul(k, f64x2.splat(DB_PER_OCTAVE)), f64x2.mul(s, p));
}

/** Mel bands of the four frames in decibels to `out`, one row a band; raises the two maxima at `peak`. */
function melBands(
  bands: usize, ranges: usize, weights: usize, power: usize, least: f64, peak: usize, out: usize, rowBytes: usize,
): void {
  const amin = f64x2.splat(least);
  let most = v128.load(peak);
  for (const end = ranges + (bands << 3); ranges < end; ranges += 8, out += rowBytes) {
    let bin = power + ((<usize>load<u32>(ranges)) << 5);
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    for (const stop = weights + ((<usize>load<u32>(ranges, 4)) << 3); weights < stop; weights += 8, bin += 32) {
      const w = v128.load_splat<f64>(weights);
      a = f64x2.add(a, f64x2.mul(w, v128.load(bin)));
      b = f64x2.add(b, f64x2.mul(w, v128.load(bin, 16)));
    }
    a = f64x2.pmax(amin, a);
    b = f64x2.pmax(amin, b);
    most = f64x2.pmax(most, f64x2.pmax(a, b));
    const even = f32x4.demote_f64x2_zero(decibels(a));
    const odd = f32x4.demote_f64x2_zero(decibels(b));
    v128.store(out, v128.shuffle<i32>(even, odd, 0, 4, 1, 5));
  }
  v128.store(peak, most);
}

/**
 * All frames of one signal. `signal` float64; `window` and `tables` as in the plan (one table of twiddle factors a
 * pass, one after the other); `work` twice `length` complex elements; `ranges` a (first bin, number of weights)
 * pair a band; `out` rows of `rowBytes`, room for a multiple of four frames. Frames beyond the last repeat earlier ones.
 */
export function logMel(
  length: usize, frames: usize, hop: usize, signal: usize, window: usize, tables: usize, work: usize, bands: usize,
  ranges: usize, weights: usize, amin: f64, peak: usize, out: usize, rowBytes: usize,
): void {
  const next = hop << 3;
  const last = signal + (frames - 1) * next;
  for (let t: usize = 0; t < frames; t += 4, signal += 4 * next, out += 16) {
    const a = signal;
    const b = min(last, a + next);
    const c = t + 2 < frames ? a + 2 * next : a;
    const d = t + 2 < frames ? min(last, c + next) : b;
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
    powers(length, from, to);
    melBands(bands, ranges, weights, to, amin, peak, out, rowBytes);
  }
}

/** Subtracts `ref` from `count` float32 (a multiple of four) and raises what is below `floor` to it. */
export function limit(values: usize, count: usize, ref: f32, floor: f32): void {
  const r = f32x4.splat(ref);
  const least = f32x4.splat(floor);
  for (const end = values + (count << 2); values < end; values += 16) {
    v128.store(values, f32x4.max(f32x4.sub(v128.load(values), r), least));
  }
}
