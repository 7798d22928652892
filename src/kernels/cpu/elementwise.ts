import type { OpAttributes } from '../ops.ts';
import { type CpuKernel, pieces, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';

/** Elements a piece; CHUNK in wasm/elementwise.ts. */
const CHUNK = 16384;

/** y = f(x), element by element. `cost`: about how many plain operations f is worth. */
function each(
  machine: Machine,
  kernel: string,
  x: View,
  y: View,
  cost: number,
  floats: readonly number[] = [],
): void {
  const count = sizeOf(x.shape);
  machine.launch(kernel, pieces(count, CHUNK), [y.address, x.address, count], floats, { work: count * cost });
}

function unary<K extends keyof OpAttributes>(kernel: string, cost: number): CpuKernel<K> {
  return (machine, [x], [y]) => each(machine, kernel, x!, y!, cost);
}

export const neg = unary<'neg'>('negKernel', 1);
export const exp = unary<'exp'>('expKernel', 8);
export const log = unary<'log'>('logKernel', 10);
export const sqrt = unary<'sqrt'>('sqrtKernel', 3);
export const tanh = unary<'tanh'>('tanhKernel', 15);
export const sigmoid = unary<'sigmoid'>('sigmoidKernel', 10);
export const relu = unary<'relu'>('reluKernel', 1);
export const gelu = unary<'gelu'>('geluKernel', 20);
export const hardswish = unary<'hardswish'>('hardswishKernel', 3);
export const erf = unary<'erf'>('erfKernel', 25);

/** scale and offset are rounded to float32 first. */
export const affine: CpuKernel<'affine'> = (machine, [x], [y], { scale, offset }) =>
  each(machine, 'affineKernel', x!, y!, 1, [scale, offset]);
