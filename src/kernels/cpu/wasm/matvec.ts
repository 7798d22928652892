/**
 * Matrix times vector, for products of which one side is a single row or column: nothing can be used twice, so packing
 * would cost more than it saves. Where the vector runs along the rows of the matrix every output is a dot product of two
 * runs; where it runs along the columns, outputs lie side by side and each row adds to all of them. Either way products
 * are added one after the other, as in matmul.ts.
 */
import { arg, argI } from './args';
import { rowsTimesVector, vectorTimesColumns } from './dots';

/** Outputs a piece; CHUNK in the host's matmul.ts. */
const CHUNK = 128;

/** Where a piece begins: piece = batch·pieces a batch + chunk. */
// @ts-ignore: decorator
@inline
function batchOf(args: usize, piece: i32): usize {
  return <usize>(piece / argI(args, 5));
}

/**
 * args: y, matrix, vector, outputs, depth, pieces a batch, strides of batches in matrix and vector (values; 0 if shared).
 * y[r] = Σ_k matrix[r][k]·vector[k].
 */
export function matvecRows(args: usize, piece: i32, scratch: usize): void {
  const outputs = argI(args, 3);
  const depth = argI(args, 4);
  const batch = batchOf(args, piece);
  const start = (piece - <i32>batch * argI(args, 5)) * CHUNK;
  const vector = arg(args, 2) + (batch * arg(args, 7) << 2);
  const matrix = arg(args, 1) + (batch * arg(args, 6) << 2) + (<usize>start * <usize>depth << 2);
  const y = arg(args, 0) + (<usize>(<i32>batch * outputs + start) << 2);
  rowsTimesVector(y, matrix, vector, min(CHUNK, outputs - start), depth);
}

/** args as above. y[c] = Σ_k vector[k]·matrix[k][c], in the order of k. */
export function matvecColumns(args: usize, piece: i32, scratch: usize): void {
  const outputs = argI(args, 3);
  const batch = batchOf(args, piece);
  const start = (piece - <i32>batch * argI(args, 5)) * CHUNK;
  const vector = arg(args, 2) + (batch * arg(args, 7) << 2);
  const matrix = arg(args, 1) + (batch * arg(args, 6) << 2) + (<usize>start << 2);
  const y = arg(args, 0) + (<usize>(<i32>batch * outputs + start) << 2);
  vectorTimesColumns(y, vector, matrix, min(CHUNK, outputs - start), arg(args, 4), <usize>outputs << 2);
}
