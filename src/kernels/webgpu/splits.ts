/** Sums over many pixels to few weights: split over workgroups, whose sums a second pass adds up in order. */
import { enough } from './enough.ts';
import { type Gpu, grid, groups, sizeOf, type View } from './kernel.ts';

export interface Split {
  readonly count: number;
  /** Pieces of each but perhaps the last. */
  readonly pieces: number;
  /** From the sums of one to those of the next; whole vec4s. */
  readonly stride: number;
  /** Where the sums go: the gradient itself if there is only one. */
  readonly sums: View;
}

/** Below it a second pass, and writing and reading the sums, costs more than it brings. */
const FEWEST_PIECES = 2;

/**
 * @param items what is summed over
 * @param perPiece items that a workgroup takes at a time
 * @param blocks workgroups of one split
 * @param invocations of a workgroup
 */
export function splitFor(
  gpu: Gpu,
  gradient: View,
  items: number,
  perPiece: number,
  blocks: number,
  invocations: number,
): Split {
  const all = groups(items, perPiece);
  // Rounded down, and workgroups counted by the next power of 2: a few more than fit would take a second round.
  const room = 1 << (32 - Math.clz32(invocations - 1));
  const fitting = Math.floor(enough.sums / (blocks * room));
  const wanted = Math.max(1, Math.min(fitting, groups(all, FEWEST_PIECES)));
  const pieces = groups(all, wanted);
  const count = groups(all, pieces);
  const stride = 4 * groups(sizeOf(gradient.shape), 4);
  return { count, pieces, stride, sums: count === 1 ? gradient : gpu.temporary(count * stride) };
}

/** Many loads under way at once: sections of splits where there are few columns. */
const NARROW = { COLUMNS: 4 };
const WIDE = { COLUMNS: 16 };

export function addUp(gpu: Gpu, { count, stride, sums }: Split, gradient: View): void {
  if (count === 1) return;
  const vectors = stride / 4;
  const constants = vectors <= 512 ? NARROW : WIDE;
  gpu.dispatch({
    shader: 'conv2d-weight-sum',
    constants,
    inputs: [sums],
    outputs: [gradient],
    integers: [vectors, count, vectors, groups(count, 256 / constants.COLUMNS)],
    workgroups: grid(vectors, constants.COLUMNS),
  });
}

/** How many columns, rows and images `count` places further is, row by row. */
export function skips(count: number, columns: number, rows: number): readonly number[] {
  const whole = Math.floor(count / columns);
  return [count % columns, whole % rows, Math.floor(whole / rows)];
}
