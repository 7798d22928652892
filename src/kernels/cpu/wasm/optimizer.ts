/** Optimizer steps, element by element; outputs may be the inputs' own memory. A piece is CHUNK elements. */
import { arg, argF } from './args';
import { firstLanes, storeFirst } from './lanes';
import { productsOf } from './sums';

const CHUNK: usize = 16384;
/** Bytes of a row of the table of pieces: address, count, whether it is a gradient's first; its sum at 16. */
const ROW: usize = 24;

// @ts-ignore: decorator
@inline
function finite(x: f32): bool {
  return abs(x) < f32.POSITIVE_INFINITY;
}

/** args: table. A piece is a row of it and leaves its sum there. */
export function squareSumKernel(args: usize, piece: i32, scratch: usize): void {
  const row = arg(args, 0) + <usize>piece * ROW;
  const x = arg(row, 0);
  const count = arg(row, 1);
  store<f64>(row + 16, productsOf(x, x, count));
}

/** args: norm, table, rows, loss, previous norm. One piece: float64 within a gradient, float32 from one to the next. */
export function globalNormKernel(args: usize, piece: i32, scratch: usize): void {
  const end = arg(args, 1) + arg(args, 2) * ROW;
  let total: f32 = 0;
  let row = arg(args, 1);
  while (row < end) {
    let sum = load<f64>(row + 16);
    for (row += ROW; row < end && arg(row, 2) == 0; row += ROW) sum += load<f64>(row + 16);
    total += <f32>sum;
  }
  const counts = finite(load<f32>(arg(args, 3))) && finite(load<f32>(arg(args, 4)));
  store<f32>(arg(args, 0), counts ? sqrt(total) : f32.NaN);
}

/**
 * args: parameter, gradient, m, v, new parameter, new m, new v, count, how many decay, norm or 0; floats: β₁, 1−β₁,
 * β₂, 1−β₂, 1−ηλ, η/(1−β₁ᵗ), 1/(1−β₂ᵗ), ε, largest norm or 0, 1/largest norm.
 */
export function adamwKernel(args: usize, piece: i32, scratch: usize): void {
  const start = <usize>piece * CHUNK;
  const end = min(start + CHUNK, arg(args, 7));
  const beta1 = f32x4.splat(argF(args, 0));
  const rest1 = f32x4.splat(argF(args, 1));
  const beta2 = f32x4.splat(argF(args, 2));
  const rest2 = f32x4.splat(argF(args, 3));
  const decay = f32x4.splat(argF(args, 4));
  const rate = f32x4.splat(argF(args, 5));
  const vScale = f32x4.splat(argF(args, 6));
  const epsilon = f32x4.splat(argF(args, 7));
  const decayedEnd = arg(args, 8);
  let factor: f32 = 1;
  if (arg(args, 9)) {
    const norm = load<f32>(arg(args, 9));
    if (!finite(norm)) {
      const bytes = (end - start) << 2;
      memory.copy(arg(args, 4) + (start << 2), arg(args, 0) + (start << 2), bytes);
      memory.copy(arg(args, 5) + (start << 2), arg(args, 2) + (start << 2), bytes);
      memory.copy(arg(args, 6) + (start << 2), arg(args, 3) + (start << 2), bytes);
      return;
    }
    if (argF(args, 8) > 0) factor = max(norm, argF(args, 8)) * argF(args, 9);
  }
  const divides = factor != 1;
  const divisor = f32x4.splat(factor);
  const parameter = arg(args, 0);
  const gradient = arg(args, 1);
  const first = arg(args, 2);
  const second = arg(args, 3);
  const toParameter = arg(args, 4);
  const toFirst = arg(args, 5);
  const toSecond = arg(args, 6);
  for (let i = start; i < end; i += 4) {
    const at = i << 2;
    let g = v128.load(gradient + at);
    if (divides) g = f32x4.div(g, divisor);
    const m = f32x4.add(f32x4.mul(beta1, v128.load(first + at)), f32x4.mul(rest1, g));
    const v = f32x4.add(f32x4.mul(beta2, v128.load(second + at)), f32x4.mul(rest2, f32x4.mul(g, g)));
    const size = f32x4.add(f32x4.sqrt(f32x4.mul(v, vScale)), epsilon);
    const p = v128.load(parameter + at);
    let kept = p;
    if (i + 4 <= decayedEnd) kept = f32x4.mul(p, decay);
    else if (i < decayedEnd) kept = v128.bitselect(f32x4.mul(p, decay), p, firstLanes(decayedEnd - i));
    const next = f32x4.sub(kept, f32x4.div(f32x4.mul(rate, m), size));
    if (i + 4 <= end) {
      v128.store(toParameter + at, next);
      v128.store(toFirst + at, m);
      v128.store(toSecond + at, v);
    } else {
      storeFirst(toParameter + at, next, end - i);
      storeFirst(toFirst + at, m, end - i);
      storeFirst(toSecond + at, v, end - i);
    }
  }
}

/** args: parameter, gradient, velocity, new parameter, new velocity, count, nesterov; floats: η, μ, λ. */
export function sgdKernel(args: usize, piece: i32, scratch: usize): void {
  const start = <usize>piece * CHUNK;
  const end = min(start + CHUNK, arg(args, 5));
  const nesterov = arg(args, 6) != 0;
  const rate = f32x4.splat(argF(args, 0));
  const momentum = f32x4.splat(argF(args, 1));
  const decay = f32x4.splat(argF(args, 2));
  const parameter = arg(args, 0);
  const gradient = arg(args, 1);
  const velocity = arg(args, 2);
  const toParameter = arg(args, 3);
  const toVelocity = arg(args, 4);
  for (let i = start; i < end; i += 4) {
    const at = i << 2;
    const p = v128.load(parameter + at);
    const g = f32x4.add(v128.load(gradient + at), f32x4.mul(decay, p));
    const u = f32x4.add(f32x4.mul(momentum, v128.load(velocity + at)), g);
    let move = u;
    if (nesterov) move = f32x4.add(g, f32x4.mul(momentum, u));
    const next = f32x4.sub(p, f32x4.mul(rate, move));
    if (i + 4 <= end) {
      v128.store(toParameter + at, next);
      v128.store(toVelocity + at, u);
    } else {
      storeFirst(toParameter + at, next, end - i);
      storeFirst(toVelocity + at, u, end - i);
    }
  }
}

/** args: y, a, b, count, guard or 0; floats: keep, take. The bits of a·keep + 0 and b·take + 0, added. */
export function blendKernel(args: usize, piece: i32, scratch: usize): void {
  const start = <usize>piece * CHUNK;
  const end = min(start + CHUNK, arg(args, 3));
  if (arg(args, 4) && !finite(load<f32>(arg(args, 4)))) {
    memory.copy(arg(args, 0) + (start << 2), arg(args, 1) + (start << 2), (end - start) << 2);
    return;
  }
  const keep = f32x4.splat(argF(args, 0));
  const take = f32x4.splat(argF(args, 1));
  const zero = f32x4.splat(0);
  const y = arg(args, 0);
  const a = arg(args, 1);
  const b = arg(args, 2);
  for (let i = start; i < end; i += 4) {
    const at = i << 2;
    const kept = f32x4.add(f32x4.mul(v128.load(a + at), keep), zero);
    const taken = f32x4.add(f32x4.mul(v128.load(b + at), take), zero);
    const sum = f32x4.add(kept, taken);
    if (i + 4 <= end) v128.store(y + at, sum);
    else storeFirst(y + at, sum, end - i);
  }
}
