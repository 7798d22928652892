/** Values of several places side by side in one vector. */
import { arg, argI } from './args';
import { storeFirst } from './lanes';

/** Bytes of a row of the table of parts: from, to, how many values, how many with the zeros behind them, scale. */
const ROW: usize = 20;

/** args: table, whether to scale. A piece is a row. */
export function packKernel(args: usize, piece: i32, scratch: usize): void {
  const row = arg(args, 0) + <usize>piece * ROW;
  const from = arg(row, 0);
  const to = arg(row, 1);
  const count = arg(row, 2);
  if (argI(args, 1)) {
    const scale = v128.load32_splat(row, 16);
    for (let i: usize = 0; i < count; i += 4) {
      storeFirst(to + (i << 2), f32x4.mul(v128.load(from + (i << 2)), scale), min(4, count - i));
    }
  } else {
    memory.copy(to, from, count << 2);
  }
  memory.fill(to + (count << 2), 0, (arg(row, 3) - count) << 2);
}
