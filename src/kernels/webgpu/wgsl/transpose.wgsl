// y[…, c, …, r] = x[…, r, …, c]: the axis that is contiguous in x is not the one that is contiguous in y. A workgroup
// turns a tile of 32 × 32 in workgroup memory, so that x is read and y is written along rows, 128 bytes at a time;
// other axes are walked, one tile after another. Rows of the tile are 33 long: columns then lie in different banks.
// Limited by memory: 8 bytes an element, one barrier. Beats reading x at strides, which moves a whole cache line for
// every value where rows are long.

//!include grid walk

struct Params {
  // Along the axis that is contiguous in y, and along the one that is contiguous in x.
  rows: u32,
  columns: u32,
  // From row to row in x, from column to column in y.
  inputStride: u32,
  outputStride: u32,
  // Tiles along rows, along columns, and in all.
  down: u32,
  across: u32,
  tiles: u32,
  // The other axes: size, stride in x, stride in y.
  axes: u32,
  axis: array<vec4u, 8>,
}

@group(0) @binding(0) var<storage, read> input: array<T0>;
@group(0) @binding(1) var<storage, read_write> output: array<T1>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

const TILE = 32u;
const LINES = 8u;

var<workgroup> tile: array<array<f32, 33>, 32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.tiles) {
    return;
  }
  let strip = number / params.across;
  let column = TILE * (number % params.across);
  let row = TILE * (strip % params.down);
  let start = walkTo(strip / params.down).at;
  let place = local % TILE;
  for (var line = local / TILE; line < TILE; line += LINES) {
    if (row + line < params.rows && column + place < params.columns) {
      tile[line][place] = f32(input[start.x + (row + line) * params.inputStride + column + place]);
    }
  }
  workgroupBarrier();
  for (var line = local / TILE; line < TILE; line += LINES) {
    if (column + line < params.columns && row + place < params.rows) {
      output[start.y + (column + line) * params.outputStride + row + place] = T1(tile[place][line]);
    }
  }
}
