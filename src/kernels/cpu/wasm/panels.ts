/** How the operands of tile.ts are packed, and how its results are put where they belong. */
import { multiply } from './tile';
import { transpose4 } from './transpose';

/** Bytes of `rows` rows of `depth` values as `packRows` leaves them. */
export function packedBytes(rows: usize, depth: usize): usize {
  return ((rows + 3) >> 2) * (depth << 4);
}

/** [rows][depth] → blocks of [depth][4], with zeros for missing rows. */
export function packRows(to: usize, from: usize, rows: i32, depth: i32): void {
  const rowBytes = <usize>depth << 2;
  for (let r = 0; r < rows; r += 4, to += rowBytes << 2, from += rowBytes << 2) {
    transpose4(to, from, rowBytes, min(4, rows - r), depth, 16);
  }
}

/** [depth][columns], rows `rowBytes` apart → blocks of [depth][4], with zeros for missing columns. */
export function packColumns(to: usize, from: usize, columns: i32, depth: i32, rowBytes: usize): void {
  for (let c = 0; c < columns; c += 4, from += 16) {
    let row = from;
    const valid = columns - c;
    for (let k = 0; k < depth; k++, to += 16, row += rowBytes) {
      if (valid >= 4) v128.store(to, v128.load(row));
      else for (let j = 0; j < 4; j++) store<f32>(to + (<usize>j << 2), j < valid ? load<f32>(row + (<usize>j << 2)) : 0);
    }
  }
}

/** `columns` neighbours of each of `depth` rows `rowBytes` apart → [depth][8], with zeros for missing columns. */
export function packPanel(to: usize, from: usize, columns: i32, depth: i32, rowBytes: usize): void {
  for (let k = 0; k < depth; k++, to += 32, from += rowBytes) {
    if (columns >= 8) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    } else {
      for (let j = 0; j < 8; j++) store<f32>(to + (<usize>j << 2), j < columns ? load<f32>(from + (<usize>j << 2)) : 0);
    }
  }
}

/** The first `columns` values of rows of 8 to rows `rowBytes` apart. */
export function storePanel(to: usize, from: usize, rows: i32, columns: i32, rowBytes: usize): void {
  for (let i = 0; i < rows; i++, to += rowBytes, from += 32) {
    if (columns >= 8) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    } else {
      for (let j = 0; j < columns; j++) store<f32>(to + (<usize>j << 2), load<f32>(from + (<usize>j << 2)));
    }
  }
}

/** `rows`×`columns` (at most 8) products of packed rows and a panel to `to`; `tile`: room for 4·⌈rows/4⌉ rows of 8. */
export function multiplyPanel(
  to: usize, w: usize, panel: usize, depth: i32, rows: i32, columns: i32, rowBytes: usize, tile: usize,
): void {
  if (columns >= 8 && (rows & 3) == 0) {
    multiply(to, w, panel, depth, rows >> 2, rowBytes);
  } else {
    multiply(tile, w, panel, depth, (rows + 3) >> 2, 32);
    storePanel(to, tile, rows, columns, rowBytes);
  }
}
