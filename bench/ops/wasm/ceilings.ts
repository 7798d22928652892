/** What strict 128-bit SIMD can do on this machine at best: arithmetic in registers, and copying. AssemblyScript. */

/** Float operations of one round of `peak`. */
export const FLOPS_A_ROUND: i32 = 13 * 4;

/**
 * Seven chains of multiplications and six of additions, none of which waits for another: enough to keep three
 * arithmetic units of four cycles' latency busy, and no more vectors than x86-64 has registers. The two factors lie at
 * `at`, so that no compiler knows them; there the sums are left, so that none leaves them out.
 */
export function peak(at: usize, rounds: i32): void {
  const factor = v128.load(at);
  const term = v128.load(at, 16);
  let a = term;
  let b = term;
  let c = term;
  let d = term;
  let e = term;
  let f = term;
  let g = term;
  let p = factor;
  let q = factor;
  let r = factor;
  let s = factor;
  let t = factor;
  let u = factor;
  for (let i = 0; i < rounds; i++) {
    a = f32x4.mul(a, factor);
    p = f32x4.add(p, term);
    b = f32x4.mul(b, factor);
    q = f32x4.add(q, term);
    c = f32x4.mul(c, factor);
    r = f32x4.add(r, term);
    d = f32x4.mul(d, factor);
    s = f32x4.add(s, term);
    e = f32x4.mul(e, factor);
    t = f32x4.add(t, term);
    f = f32x4.mul(f, factor);
    u = f32x4.add(u, term);
    g = f32x4.mul(g, factor);
  }
  const products = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), g));
  const sums = f32x4.add(f32x4.add(f32x4.add(p, q), f32x4.add(r, s)), f32x4.add(t, u));
  v128.store(at, f32x4.add(products, sums), 32);
}

/** Copies `bytes` (a multiple of 64), `times` times over. */
export function copy(to: usize, from: usize, bytes: usize, times: i32): void {
  for (let i = 0; i < times; i++) {
    for (let at: usize = 0; at < bytes; at += 64) {
      v128.store(to + at, v128.load(from + at));
      v128.store(to + at, v128.load(from + at, 16), 16);
      v128.store(to + at, v128.load(from + at, 32), 32);
      v128.store(to + at, v128.load(from + at, 48), 48);
    }
  }
}
