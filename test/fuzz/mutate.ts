/**
 * Damage to files, drawn from a seed: the same seed and sources give the same inputs on every machine.
 */
import { Draws, STREAMS } from '../../src/train/draws.ts';

/** Numbers at the edges of what readers compare and multiply. */
const EDGES = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 24, 32, 40, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x10000,
  0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffe, 0xffffffff,
];

export interface Sources {
  /** Valid files to start from. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces that mean something in the format, such as chunk names. */
  readonly dictionary: readonly Uint8Array[];
  /** Bytes that an input may have at most. */
  readonly most: number;
}

/** An endless supply of damaged files; input `n` depends on the seed and on `n` alone. */
export class Mutator {
  private readonly seed: number;
  private readonly sources: Sources;

  constructor(seed: number, sources: Sources) {
    this.seed = seed;
    this.sources = sources;
  }

  input(n: number): Uint8Array {
    const draws = new Draws(this.seed, STREAMS.synth, n >>> 20, n & 0xfffff);
    const { seeds, most } = this.sources;
    let bytes: Uint8Array = seeds[draws.integer(seeds.length)]!.slice();
    // Mostly a little damage, which gets far into a reader; sometimes a lot.
    const changes = 1 + (draws.integer(4) === 0 ? draws.integer(16) : draws.integer(3));
    for (let i = 0; i < changes; i++) bytes = this.change(bytes, draws);
    return bytes.length > most ? bytes.slice(0, most) : bytes;
  }

  private change(bytes: Uint8Array, draws: Draws): Uint8Array {
    const { seeds, dictionary } = this.sources;
    const at = draws.integer(bytes.length + 1);
    switch (draws.integer(10)) {
      case 0:
        return replaced(bytes, at, at + 1, [(bytes[at] ?? 0) ^ (1 << draws.integer(8))]);
      case 1:
        return replaced(bytes, at, at + 1, [draws.integer(256)]);
      case 2:
      case 3:
        return replaced(bytes, at, at + [1, 2, 4, 8][draws.integer(4)]!, number(draws, bytes.length));
      case 4:
        return bytes.slice(0, at);
      case 5:
        return replaced(bytes, at, at + 1 + draws.integer(16), []);
      case 6: {
        const from = draws.integer(bytes.length + 1);
        return replaced(bytes, at, at, bytes.slice(from, from + 1 + draws.integer(64)));
      }
      case 7:
        return replaced(bytes, at, at, dictionary[draws.integer(dictionary.length)]!);
      case 8: {
        const piece = dictionary[draws.integer(dictionary.length)]!;
        return replaced(bytes, at, at + piece.length, piece);
      }
      default: {
        const other = seeds[draws.integer(seeds.length)]!;
        const from = draws.integer(other.length + 1);
        return replaced(bytes, at, draws.integer(2) === 0 ? bytes.length : at, other.slice(from));
      }
    }
  }
}

/** An edge, the length of the file or a neighbour of either, in 1, 2, 4 or 8 bytes of either order. */
function number(draws: Draws, length: number): number[] {
  const near = draws.integer(3) === 0 ? length : EDGES[draws.integer(EDGES.length)]!;
  let value = near + draws.integer(3) - 1;
  const bytes: number[] = [];
  for (let i = [1, 2, 4, 8][draws.integer(4)]!; i > 0; i--) {
    bytes.push(((value % 256) + 256) % 256);
    value = Math.floor(value / 256);
  }
  return draws.integer(4) === 0 ? bytes.reverse() : bytes;
}

function replaced(
  bytes: Uint8Array,
  from: number,
  to: number,
  piece: Uint8Array | readonly number[],
): Uint8Array {
  const end = Math.min(to, bytes.length);
  const out = new Uint8Array(from + piece.length + bytes.length - end);
  out.set(bytes.subarray(0, from));
  out.set(piece, from);
  out.set(bytes.subarray(end), from + piece.length);
  return out;
}
