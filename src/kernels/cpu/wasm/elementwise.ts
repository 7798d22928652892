/** Elementwise kernels. A piece is CHUNK consecutive elements; the host counts pieces with the same number. */
import { arg, argF } from './args';

const CHUNK: usize = 16384;

/** args: y, x, count; floats: scale, offset. y = x·scale + offset. */
export function affine(args: usize, piece: i32, scratch: usize): void {
  const start = <usize>piece * CHUNK;
  const end = min(start + CHUNK, arg(args, 2));
  const y = arg(args, 0);
  const x = arg(args, 1);
  const scale = argF(args, 0);
  const offset = argF(args, 1);
  const scales = f32x4.splat(scale);
  const offsets = f32x4.splat(offset);
  let i = start;
  for (; i + 4 <= end; i += 4) {
    v128.store(y + (i << 2), f32x4.add(f32x4.mul(v128.load(x + (i << 2)), scales), offsets));
  }
  for (; i < end; i++) store<f32>(y + (i << 2), load<f32>(x + (i << 2)) * scale + offset);
}
