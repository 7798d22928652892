import { keyOf, philox4x32 } from '../base/philox.ts';

/**
 * What a sequence of draws is for. Different streams of one seed are independent, so that drawing more for
 * one purpose never changes another.
 */
export const STREAMS = {
  split: 0x7001,
  synth: 0x7002,
  bootstrap: 0x7003,
  order: 0x7004,
  augment: 0x7005,
  mixup: 0x7006,
} as const;

/** Draws one after the other from Philox with key `seed` and counter (block, step, stream, sample). */
export class Draws {
  readonly #key: readonly [number, number];
  readonly #stream: number;
  readonly #step: number;
  readonly #sample: number;
  readonly #words = new Uint32Array(4);
  #block = 0;
  #left = 0;

  /** @param stream one of `STREAMS` */
  constructor(seed: number, stream: number, step = 0, sample = 0) {
    this.#key = keyOf(seed);
    this.#stream = stream;
    this.#step = step;
    this.#sample = sample;
  }

  /** 32 random bits. */
  word(): number {
    if (this.#left === 0) {
      const [low, high] = this.#key;
      philox4x32(this.#block, this.#step, this.#stream, this.#sample, low, high, this.#words);
      this.#block += 1;
      this.#left = 4;
    }
    this.#left -= 1;
    return this.#words[3 - this.#left]!;
  }

  /** Number of the next word: how many have been drawn. */
  get position(): number {
    return 4 * this.#block - this.#left;
  }

  /** Passes over words that somebody else will draw, by their position. */
  skip(count: number): void {
    const position = this.position + count;
    this.#block = Math.floor(position / 4);
    this.#left = 0;
    for (let i = 0; i < position % 4; i++) this.word();
  }

  /** Uniform in [low, high), never exactly `low`. */
  uniform(low = 0, high = 1): number {
    return low + ((this.word() + 0.5) / 4294967296) * (high - low);
  }

  /** An integer in [0, count), each equally likely: words beyond a multiple of `count` are drawn again. */
  integer(count: number): number {
    const limit = 4294967296 - (4294967296 % count);
    for (;;) {
      const word = this.word();
      if (word < limit) return word % count;
    }
  }

  /** Roughly normal, mean 0 and variance 1, within ±6: the sum of twelve uniforms, less six. */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.uniform();
    return sum;
  }

  /** A copy in random order (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const item = shuffled[last]!;
      shuffled[last] = shuffled[other]!;
      shuffled[other] = item;
    }
    return shuffled;
  }
}
