// y = op(a)·op(b) for matrices of some size: tiles of TILE_M × TILE_N outputs a workgroup, (4·FRAGMENTS_M) ×
// (4·FRAGMENTS_N) of them in the registers of an invocation. Per step of BLOCK_K, every invocation loads one 4×4
// block of a or b (four 16-byte loads, transposed in registers where the operand lies along k) while the block before
// is multiplied from workgroup memory. Small tiles leave invocations over: these take other slices of k, added up in
// order through workgroup memory at the end. For long k and few tiles, workgroups take parts of k too and leave
// partial products, which `matmul-fold` adds up.
//
// Limited by arithmetic in large products: 16 (4×4) or 32 (8×8) multiply-adds for every 16-byte load from workgroup
// memory, 32 or 64 floating-point operations for every 4 bytes loaded from global memory. Against one output an
// invocation: 16 to 64 times fewer loads. Exactly 16 KiB of workgroup memory, 2 barriers a step.
//
// Columns of the tiles are permuted (`column`), or else the blocks that were transposed would be stored with bank
// conflicts.

//!include grid matmul-blocks

struct Params {
  m: u32,
  n: u32,
  k: u32,
  tilesM: u32,
  tilesN: u32,
  batches: u32,
  /// Elements from one matrix to the next; 0 if there is only one.
  strideA: u32,
  strideB: u32,
  parts: u32,
  /// Of k, that a workgroup takes; a multiple of 4.
  partK: u32,
  /// Is a stored [m, k] (1) or [k, m] (0)? Is b stored [n, k] (1) or [k, n] (0)?
  aAlongK: u32,
  bAlongK: u32,
}

const TILE_M = $TILE_Mu;
const TILE_N = $TILE_Nu;
const FRAGMENTS_M = $FRAGMENTS_Mu;
const FRAGMENTS_N = $FRAGMENTS_Nu;

const ROWS = TILE_M / (4u * FRAGMENTS_M);
const COLUMNS = TILE_N / (4u * FRAGMENTS_N);
const LANES = ROWS * COLUMNS;
const SLICES = 256u / LANES;
const BLOCK_K = 16u * LANES / (TILE_M + TILE_N);
const BLOCKS_A = BLOCK_K * TILE_M / 16u;
const TILE_VECTORS = BLOCK_K * (TILE_M + TILE_N) / 4u;

@group(0) @binding(0) var<storage, read> a: array<$ITEM_A>;
@group(0) @binding(1) var<storage, read> b: array<$ITEM_B>;
@group(0) @binding(2) var<storage, read_write> y: array<$ITEM_Y>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

/// For each slice: BLOCK_K rows of TILE_M values of a, then BLOCK_K rows of TILE_N values of b.
var<workgroup> tiles: array<vec4f, SLICES * TILE_VECTORS>;

/// Where column `vector` of a row stands, for rows 4·rowBlock … 4·rowBlock+3.
fn column(vector: u32, rowBlock: u32) -> u32 {
  return vector ^ (rowBlock * (32u / BLOCK_K));
}

fn put(start: u32, m: u32, n: u32, value: vec4f) {
  if (m >= params.m || n >= params.n) {
    return;
  }
  let at = start + m * params.n + n;
  $STORE_Y
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  let tilesOfBatch = params.tilesM * params.tilesN;
  if (number >= tilesOfBatch * params.batches * params.parts) {
    return;
  }
  let tile = number % tilesOfBatch;
  let batchOfPart = number / tilesOfBatch;
  let batch = batchOfPart % params.batches;
  let firstM = tile / params.tilesN * TILE_M;
  let firstN = tile % params.tilesN * TILE_N;
  let firstK = batchOfPart / params.batches * params.partK;
  let endK = min(firstK + params.partK, params.k);

  let slice = local / LANES;
  let lane = local % LANES;
  let tileA = slice * TILE_VECTORS;
  let tileB = tileA + BLOCK_K * TILE_M / 4u;

  // Which block this invocation loads. Neighbours load neighbours in memory.
  let loadsA = lane < BLOCKS_A;
  let alongK = select(params.bAlongK, params.aAlongK, loadsA) == 1u;
  let extent = select(params.n, params.m, loadsA);
  let width = select(TILE_N, TILE_M, loadsA) / 4u;
  let block = select(lane - BLOCKS_A, lane, loadsA);
  let blockK = select(block / width, block % (BLOCK_K / 4u), alongK);
  let blockL = select(block % width, block / (BLOCK_K / 4u), alongK);
  let start = select(batch * params.strideB, batch * params.strideA, loadsA);
  let l = select(firstN, firstM, loadsA) + 4u * blockL;
  let storeAt = select(tileB, tileA, loadsA) + 4u * blockK * width + column(blockL, blockK);

  let row = lane / COLUMNS;
  let col = lane % COLUMNS;
  var sums = array<vec4f, 4u * FRAGMENTS_M * FRAGMENTS_N>();
  let sliceK = slice * BLOCK_K + 4u * blockK;
  var next = load(sourceOf(start, l, extent, firstK + sliceK, endK, alongK), loadsA, alongK);
  for (var k = firstK; k < endK; k += SLICES * BLOCK_K) {
    for (var j = 0u; j < 4u; j++) {
      tiles[storeAt + j * width] = next[j];
    }
    workgroupBarrier();
    let nextK = k + SLICES * BLOCK_K + sliceK;
    next = load(sourceOf(start, l, extent, nextK, endK, alongK), loadsA, alongK);
    for (var rowBlock = 0u; rowBlock < BLOCK_K / 4u; rowBlock++) {
      var atA: array<u32, FRAGMENTS_M>;
      var atB: array<u32, FRAGMENTS_N>;
      for (var f = 0u; f < FRAGMENTS_M; f++) {
        atA[f] = tileA + rowBlock * TILE_M + column(f * ROWS + row, rowBlock);
      }
      for (var f = 0u; f < FRAGMENTS_N; f++) {
        atB[f] = tileB + rowBlock * TILE_N + column(f * COLUMNS + col, rowBlock);
      }
      for (var j = 0u; j < 4u; j++) {
        var right: array<vec4f, FRAGMENTS_N>;
        for (var f = 0u; f < FRAGMENTS_N; f++) {
          right[f] = tiles[atB[f] + j * (TILE_N / 4u)];
        }
        for (var fa = 0u; fa < FRAGMENTS_M; fa++) {
          let left = tiles[atA[fa] + j * (TILE_M / 4u)];
          for (var fb = 0u; fb < FRAGMENTS_N; fb++) {
            let at = 4u * (fa * FRAGMENTS_N + fb);
            sums[at] += left.x * right[fb];
            sums[at + 1u] += left.y * right[fb];
            sums[at + 2u] += left.z * right[fb];
            sums[at + 3u] += left.w * right[fb];
          }
        }
      }
    }
    workgroupBarrier();
  }

  let to = batchOfPart * params.m * params.n;
  if (SLICES == 1u) {
    for (var fa = 0u; fa < FRAGMENTS_M; fa++) {
      for (var fb = 0u; fb < FRAGMENTS_N; fb++) {
        for (var i = 0u; i < 4u; i++) {
          let m = firstM + 4u * (fa * ROWS + row) + i;
          put(to, m, firstN + 4u * (fb * COLUMNS + col), sums[4u * (fa * FRAGMENTS_N + fb) + i]);
        }
      }
    }
  } else {
    // One fragment a lane: four slices of it, then one of its rows for each invocation to add up.
    for (var i = 0u; i < 4u; i++) {
      tiles[slice * 256u + i * LANES + lane] = sums[i];
    }
    workgroupBarrier();
    var total = tiles[local];
    for (var s = 1u; s < SLICES; s++) {
      total += tiles[s * 256u + local];
    }
    put(to, firstM + 4u * row + slice, firstN + 4u * col, total);
  }
}
