// dx of layerNorm, a row at a time, and Σdy·x̂ and Σdy over the rows of a workgroup: dγ and dβ where there is one
// workgroup, else partial sums for layernorm-parameters. With g = dy·γ, dx = (g − Σg/D − x̂·Σg·x̂/D)/√(variance + ε). An
// invocation keeps the same columns for all its rows, so their sums stay in registers. Limited by memory: 12 bytes a
// value; short rows by their sum over the workgroup.

//!include grid reduce

const WORKGROUP = $WORKGROUPu;
/// Values of a row that an invocation holds.
const ITEMS = $ITEMSu;

alias Value = $VALUE;

struct Params {
  rows: u32,
  /// Values and floats a row.
  width: u32,
  size: u32,
  /// Workgroups, and rows of each.
  blocks: u32,
  chunk: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<$T_X>;
@group(0) @binding(1) var<storage, read> dy: array<$T_DY>;
@group(0) @binding(2) var<storage, read> gamma: array<$T_GAMMA>;
@group(0) @binding(3) var<storage, read> mean: array<T3>;
@group(0) @binding(4) var<storage, read> variance: array<T4>;
@group(0) @binding(5) var<storage, read_write> dx: array<$T_DX>;
@group(0) @binding(6) var<storage, read_write> products: array<$T_PRODUCTS>;
@group(0) @binding(7) var<storage, read_write> sums: array<$T_SUMS>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

fn total(x: Value) -> f32 {
  return $TOTAL;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let block = workgroupNumber(workgroup);
  if (block >= params.blocks) {
    return;
  }
  var gammas: array<Value, ITEMS>;
  var product: array<Value, ITEMS>;
  var sum: array<Value, ITEMS>;
  for (var i = 0u; i < ITEMS; i++) {
    let column = i * WORKGROUP + local;
    if (column < params.width) {
      gammas[i] = Value(gamma[column]);
    }
  }
  let first = block * params.chunk;
  for (var row = first; row < min(first + params.chunk, params.rows); row++) {
    let rowMean = f32(mean[row]);
    let inverse = 1.0 / sqrt(f32(variance[row]) + params.epsilon);
    var normal: array<Value, ITEMS>;
    var upstream: array<Value, ITEMS>;
    var ofUpstream = Value();
    var ofProduct = Value();
    for (var i = 0u; i < ITEMS; i++) {
      let column = i * WORKGROUP + local;
      if (column < params.width) {
        normal[i] = (Value(x[row * params.width + column]) - rowMean) * inverse;
        let gradient = Value(dy[row * params.width + column]);
        product[i] += gradient * normal[i];
        sum[i] += gradient;
        upstream[i] = gradient * gammas[i];
        ofUpstream += upstream[i];
        ofProduct += upstream[i] * normal[i];
      }
    }
    let means = workgroupSum2(vec2f(total(ofUpstream), total(ofProduct)), local) / f32(params.size);
    for (var i = 0u; i < ITEMS; i++) {
      let column = i * WORKGROUP + local;
      if (column < params.width) {
        dx[row * params.width + column] = $T_DX(inverse * (upstream[i] - means.x - normal[i] * means.y));
      }
    }
  }
  for (var i = 0u; i < ITEMS; i++) {
    let column = i * WORKGROUP + local;
    if (column < params.width) {
      products[block * params.width + column] = $T_PRODUCTS(product[i]);
      sums[block * params.width + column] = $T_SUMS(sum[i]);
    }
  }
}
