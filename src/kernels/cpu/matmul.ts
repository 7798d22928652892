import { type CpuKernel, pieces, sizeOf } from './kernel.ts';

/** Bytes of packed rows of a that a piece holds: with a panel of b they should stay in the first two caches. */
const ROWS_BYTES = 64 * 1024;
/** Pieces a job should have at least, so that many threads find work. */
const MIN_PIECES = 16;
/** Outputs a piece of a product with a vector; CHUNK in wasm/matvec.ts. */
const VECTOR_CHUNK = 128;

export const matmul: CpuKernel<'matmul'> = (machine, [a, b], [y], { transposeA, transposeB }) => {
  let M = y!.shape.at(-2)!;
  const N = y!.shape.at(-1)!;
  const K = a!.shape.at(transposeA ? -2 : -1)!;
  let batches = sizeOf(y!.shape.slice(0, -2));
  const sharedB = b!.shape.length === 2;
  if (sharedB && !transposeA && a!.shape.length > 2) {
    // One b for all rows of a: the batches of a lie one after the other and are simply more rows.
    M *= batches;
    batches = 1;
  }
  const strideA = a!.shape.length === 2 ? 0 : M * K;
  const strideB = sharedB ? 0 : K * N;
  if (M === 1 || N === 1) {
    const [matrix, vector] = M === 1 ? [b!, a!] : [a!, b!];
    const chunks = pieces(M * N, VECTOR_CHUNK);
    machine.launch(
      (M === 1 ? transposeB : !transposeA) ? 'matvecRows' : 'matvecColumns',
      batches * chunks,
      [
        ...[y!.address, matrix.address, vector.address, M * N, K, chunks],
        ...(M === 1 ? [strideB, strideA] : [strideA, strideB]),
      ],
      [],
      // Nothing is read twice: memory counts for more than arithmetic.
      { work: 2 * batches * M * N * K },
    );
    return;
  }
  const panels = pieces(N, 8);
  const batchesOfB = sharedB ? 1 : batches;
  const packed = machine.temporary(4 * batchesOfB * panels * K * 8);
  machine.launch(
    'matmulPack',
    batchesOfB * panels,
    [packed, b!.address, K, N, transposeB ? 1 : 0, panels, K * N],
    [],
    { work: batchesOfB * K * N },
  );

  const fitting = Math.max(16, 4 * Math.floor(ROWS_BYTES / (16 * Math.max(1, K))));
  const sharing = 4 * pieces(M, 4 * pieces(MIN_PIECES, batches));
  const rows = Math.min(fitting, Math.max(8, sharing), 4 * pieces(M, 4));
  const rowPieces = pieces(M, rows);
  const panelPieces = Math.min(pieces(panels, 4), pieces(MIN_PIECES, batches * rowPieces));
  const panelsAPiece = pieces(panels, panelPieces);
  machine.launch(
    'matmul',
    batches * rowPieces * panelPieces,
    [
      ...[y!.address, a!.address, packed, M, N, K, transposeA ? 1 : 0],
      ...[rows, rowPieces, panelsAPiece, panelPieces, panels],
      ...[strideA, sharedB ? 0 : panels * K * 8],
    ],
    [],
    { scratch: 128 + 4 * rows * K, work: batches * M * N * K },
  );
};
