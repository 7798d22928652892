// y = op(a)·op(b) for short k (at most 8): close to outer products, such as the gradients of a score or of a pooling.
// Four outputs of one row an invocation, straight from global memory: of what is loaded, most lies in the cache.
// Limited by memory: 4 bytes stored an output.

//!include grid

struct Params {
  m: u32,
  n: u32,
  k: u32,
  /// Vectors of 4 a row of y.
  vectors: u32,
  /// Rows of y in all batches.
  rows: u32,
  strideA: u32,
  strideB: u32,
  /// From one row or one k to the next.
  rowA: u32,
  kA: u32,
  kB: u32,
  columnB: u32,
}

@group(0) @binding(0) var<storage, read> a: array<T0>;
@group(0) @binding(1) var<storage, read> b: array<$ITEM_B>;
@group(0) @binding(2) var<storage, read_write> y: array<$ITEM_Y>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

fn loadB(at: u32) -> vec4f {
  return $LOAD_B;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  let row = i / params.vectors;
  if (row >= params.rows) {
    return;
  }
  let n = i % params.vectors * 4u;
  let batch = row / params.m;
  let fromA = batch * params.strideA + row % params.m * params.rowA;
  let fromB = batch * params.strideB + n * params.columnB;
  var value = vec4f();
  for (var k = 0u; k < params.k; k++) {
    value += f32(a[fromA + k * params.kA]) * loadB(fromB + k * params.kB);
  }
  let at = row * params.n + n;
  $STORE_Y
}
