/**
 * Matrix product with both sides packed: a in blocks of [K][4 rows], b in panels of [K][8 columns], so that the tile of
 * 4×8 accumulators reads both from one end to the other. b is packed once for all (`matmulPack`), a by each piece.
 */
import { arg, argI } from './args';
import { multiplyPanel, packColumns, packPanel, packRows } from './panels';
import { transpose8 } from './transpose';

/** args: packed, b, K, N, transposeB, panels, batches' stride in b (values). piece = batch·panels + panel. */
export function matmulPack(args: usize, piece: i32, scratch: usize): void {
  const depth = argI(args, 2);
  const columns = argI(args, 3);
  const panels = argI(args, 5);
  const batch = piece / panels;
  const column = (piece - batch * panels) << 3;
  const valid = min(8, columns - column);
  const to = arg(args, 0) + <usize>piece * (<usize>depth << 5);
  const b = arg(args, 1) + (<usize>batch * arg(args, 6) << 2);
  if (argI(args, 4)) transpose8(to, b + (<usize>(column * depth) << 2), <usize>depth << 2, valid, depth);
  else packPanel(to, b + (<usize>column << 2), valid, depth, <usize>columns << 2);
}

/**
 * args: y, a, packed b, M, N, K, transposeA, rows a piece, row pieces, panels a piece, panel pieces, panels, strides of
 * batches in a and in packed b (values; 0 if shared). piece = (batch·row pieces + row piece)·panel pieces + panel piece.
 */
export function matmul(args: usize, piece: i32, scratch: usize): void {
  const M = argI(args, 3);
  const N = argI(args, 4);
  const depth = argI(args, 5);
  const transposed = argI(args, 6);
  const rowsAPiece = argI(args, 7);
  const rowPieces = argI(args, 8);
  const panelsAPiece = argI(args, 9);
  const panelPieces = argI(args, 10);
  const panelPiece = piece % panelPieces;
  const batchRow = piece / panelPieces;
  const batch = <usize>(batchRow / rowPieces);
  const firstRow = (batchRow % rowPieces) * rowsAPiece;
  const rows = min(rowsAPiece, M - firstRow);
  const a = arg(args, 1) + (batch * arg(args, 12) << 2);
  const b = arg(args, 2) + (batch * arg(args, 13) << 2);
  const y = arg(args, 0) + (batch * <usize>M * <usize>N << 2);

  const packed = scratch + 128;
  const blockBytes = <usize>depth << 4;
  if (transposed) packColumns(packed, a + (<usize>firstRow << 2), rows, depth, <usize>M << 2);
  else packRows(packed, a + (<usize>(firstRow * depth) << 2), rows, depth);

  const lastPanel = min(argI(args, 11), (panelPiece + 1) * panelsAPiece);
  for (let panel = panelPiece * panelsAPiece; panel < lastPanel; panel++) {
    const column = panel << 3;
    const from = b + <usize>panel * (<usize>depth << 5);
    for (let r = 0; r < rows; r += 4) {
      const to = y + (<usize>((firstRow + r) * N + column) << 2);
      const w = packed + <usize>(r >> 2) * blockBytes;
      multiplyPanel(to, w, from, depth, min(4, rows - r), N - column, <usize>N << 2, scratch);
    }
  }
}
