import { cos, log, sin } from '../base/math.ts';
import { keyOf, philox4x32 } from '../base/philox.ts';
import { type CreateOptions, tensor } from './create.ts';
import { type Shape, sizeOf } from './shape.ts';
import type { Tensor } from './tensor.ts';

/**
 * Where draws come from: Philox key = seed, counter = (block, step, stream, sample). The same place gives the
 * same numbers on every backend, in any order, so resuming needs no generator state.
 */
export interface RandomKey {
  readonly seed: number;
  readonly stream?: number;
  readonly step?: number;
  readonly sample?: number;
}

/** `count` random 32-bit words. */
export function randomWords(
  count: number,
  { seed, stream = 0, step = 0, sample = 0 }: RandomKey,
): Uint32Array {
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  const [k0, k1] = keyOf(seed);
  for (let block = 0; block * 4 < count; block++)
    philox4x32(block, step, stream, sample, k0, k1, words, block * 4);
  return words.subarray(0, count);
}

/** `count` numbers in [0, 1), 24 bits each: exact in float32. */
export function uniformValues(count: number, key: RandomKey): Float64Array {
  return Float64Array.from(randomWords(count, key), (word) => (word >>> 8) / 16777216);
}

/** `count` standard normal numbers (Box & Muller 1958), two from every two words. */
export function normalValues(count: number, key: RandomKey): Float64Array {
  const words = randomWords(count + (count & 1), key);
  const values = new Float64Array(words.length);
  for (let i = 0; i < words.length; i += 2) {
    const radius = Math.sqrt(-2 * log((words[i]! + 1) / 4294967296));
    const angle = (2 * Math.PI * words[i + 1]!) / 4294967296;
    values[i] = radius * cos(angle);
    values[i + 1] = radius * sin(angle);
  }
  return values.subarray(0, count);
}

/** Whole numbers 0…count−1 in random order (Fisher & Yates). */
export function permutation(count: number, key: RandomKey): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const words = randomWords(count, key);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((words[i]! / 4294967296) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

export function uniform(shape: Shape, key: RandomKey & CreateOptions): Tensor {
  return tensor(uniformValues(sizeOf(shape), key), shape, key);
}

export function normal(shape: Shape, key: RandomKey & CreateOptions): Tensor {
  return tensor(normalValues(sizeOf(shape), key), shape, key);
}
