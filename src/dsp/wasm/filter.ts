// One second-order section over a signal in place, in AssemblyScript:
// y[n] = b0·x[n] + b1·x[n−1] + b2·x[n−2] − a2·y[n−2] − a1·y[n−1]. Only the last product and difference wait for the
// sample before. Long signals are cut into four parts that are filtered side by side. Strict SIMD only.

/** From `state`, which is x[n−1], x[n−2], y[n−1], y[n−2], on; leaves there what the next sample needs. */
function oneByOne(at: usize, count: usize, step: usize, section: usize, state: usize): void {
  const b0 = load<f64>(section);
  const b1 = load<f64>(section, 8);
  const b2 = load<f64>(section, 16);
  const a1 = load<f64>(section, 24);
  const a2 = load<f64>(section, 32);
  let x1 = load<f64>(state);
  let x2 = load<f64>(state, 8);
  let y1 = load<f64>(state, 16);
  let y2 = load<f64>(state, 24);
  for (let n = count; n > 0; n--, at += step) {
    const x = load<f64>(at);
    const y = b0 * x + (b1 * x1 + b2 * x2) - a2 * y2 - a1 * y1;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    store<f64>(at, y);
  }
  store<f64>(state, x1);
  store<f64>(state, x2, 8);
  store<f64>(state, y1, 16);
  store<f64>(state, y2, 24);
}

/** The samples at two places. */
// @ts-ignore: decorator
@inline
function both(first: usize, second: usize): v128 {
  return v128.load64_lane(second, v128.load64_zero(first), 1);
}

/** y[n] of two parts. */
// @ts-ignore: decorator
@inline
function next(x: v128, x1: v128, x2: v128, y1: v128, y2: v128, section: usize): v128 {
  const b1 = f64x2.mul(v128.load_splat<f64>(section, 8), x1);
  const b2 = f64x2.mul(v128.load_splat<f64>(section, 16), x2);
  const f = f64x2.add(f64x2.mul(v128.load_splat<f64>(section), x), f64x2.add(b1, b2));
  const a2 = f64x2.mul(v128.load_splat<f64>(section, 32), y2);
  return f64x2.sub(f64x2.sub(f, a2), f64x2.mul(v128.load_splat<f64>(section, 24), y1));
}

/**
 * Filters `count` samples from `at` on, `step` bytes apart (backward if negative), from `state` on as above. The second
 * to fourth part begin `warm` samples early with y = 0, without keeping what they give: by then a section has forgotten
 * where it began. Signals too short for that are filtered sample by sample.
 */
export function filterSection(at: usize, count: usize, step: usize, section: usize, state: usize, warm: usize): void {
  const length = count >> 2;
  if (length < warm + 2) {
    oneByOne(at, count, step, section, state);
    return;
  }
  const part = length * step;
  // the first part has nothing before it, and warms up like the second until its state is put in
  let b = at + part - warm * step;
  let a = b;
  let c = b + part;
  let d = c + part;
  let x1 = both(a - step, b - step);
  let x2 = both(a - 2 * step, b - 2 * step);
  let u1 = both(c - step, d - step);
  let u2 = both(c - 2 * step, d - 2 * step);
  let y1 = f64x2.splat(0);
  let y2 = y1;
  let v1 = y1;
  let v2 = y1;
  for (let n = warm; n > 0; n--, b += step, c += step, d += step) {
    const x = both(b, b);
    const u = both(c, d);
    const y = next(x, x1, x2, y1, y2, section);
    const v = next(u, u1, u2, v1, v2, section);
    x2 = x1;
    x1 = x;
    u2 = u1;
    u1 = u;
    y2 = y1;
    y1 = y;
    v2 = v1;
    v1 = v;
  }
  a = at;
  x1 = f64x2.replace_lane(x1, 0, load<f64>(state));
  x2 = f64x2.replace_lane(x2, 0, load<f64>(state, 8));
  y1 = f64x2.replace_lane(y1, 0, load<f64>(state, 16));
  y2 = f64x2.replace_lane(y2, 0, load<f64>(state, 24));
  for (let n = length; n > 0; n--, a += step, b += step, c += step, d += step) {
    const x = both(a, b);
    const u = both(c, d);
    const y = next(x, x1, x2, y1, y2, section);
    const v = next(u, u1, u2, v1, v2, section);
    v128.store64_lane(a, y, 0);
    v128.store64_lane(b, y, 1);
    v128.store64_lane(c, v, 0);
    v128.store64_lane(d, v, 1);
    x2 = x1;
    x1 = x;
    u2 = u1;
    u1 = u;
    y2 = y1;
    y1 = y;
    v2 = v1;
    v1 = v;
  }
  v128.store64_lane(state, u1, 1);
  v128.store64_lane(state + 8, u2, 1);
  v128.store64_lane(state + 16, v1, 1);
  v128.store64_lane(state + 24, v2, 1);
  oneByOne(d, count & 3, step, section, state);
}
