/** Optimizer steps, element by element; outputs may be the inputs' own memory. A piece is CHUNK elements. */
import { arg, argF } from './args';
import { storeFirst } from './lanes';

const CHUNK: usize = 16384;

/**
 * args: parameter, gradient, m, v, new parameter, new m, new v, count; floats: β₁, 1−β₁, β₂, 1−β₂, 1−ηλ, η/(1−β₁ᵗ),
 * 1/(1−β₂ᵗ), ε.
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
  for (let i = start; i < end; i += 4) {
    const at = i << 2;
    const count = min(4, end - i);
    const g = v128.load(arg(args, 1) + at);
    const m = f32x4.add(f32x4.mul(beta1, v128.load(arg(args, 2) + at)), f32x4.mul(rest1, g));
    const v = f32x4.add(f32x4.mul(beta2, v128.load(arg(args, 3) + at)), f32x4.mul(rest2, f32x4.mul(g, g)));
    const size = f32x4.add(f32x4.sqrt(f32x4.mul(v, vScale)), epsilon);
    const decayed = f32x4.mul(v128.load(arg(args, 0) + at), decay);
    storeFirst(arg(args, 4) + at, f32x4.sub(decayed, f32x4.div(f32x4.mul(rate, m), size)), count);
    storeFirst(arg(args, 5) + at, m, count);
    storeFirst(arg(args, 6) + at, v, count);
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
  for (let i = start; i < end; i += 4) {
    const at = i << 2;
    const count = min(4, end - i);
    const p = v128.load(arg(args, 0) + at);
    const g = f32x4.add(v128.load(arg(args, 1) + at), f32x4.mul(decay, p));
    const u = f32x4.add(f32x4.mul(momentum, v128.load(arg(args, 2) + at)), g);
    const move = nesterov ? f32x4.add(g, f32x4.mul(momentum, u)) : u;
    storeFirst(arg(args, 3) + at, f32x4.sub(p, f32x4.mul(rate, move)), count);
    storeFirst(arg(args, 4) + at, u, count);
  }
}
