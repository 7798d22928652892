// dγ and dβ of layerNorm: the sums over workgroups of what layernorm-backward left, [blocks, width] each. A workgroup
// takes 16 columns of one of the two, 16 rows at a time, then combines its rows in order. Small: at most 256 rows.

const WORKGROUP = 256u;
const COLUMNS = 16u;
const STEP = WORKGROUP / COLUMNS;

alias Value = $VALUE;

struct Params {
  width: u32,
  blocks: u32,
}

@group(0) @binding(0) var<storage, read> products: array<$T_PRODUCTS>;
@group(0) @binding(1) var<storage, read> sums: array<$T_SUMS>;
@group(0) @binding(2) var<storage, read_write> dgamma: array<$T_DGAMMA>;
@group(0) @binding(3) var<storage, read_write> dbeta: array<$T_DBETA>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> partial: array<Value, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let column = workgroup.x * COLUMNS + local % COLUMNS;
  let isGamma = workgroup.y == 0u;
  var sum = Value();
  if (column < params.width) {
    for (var block = local / COLUMNS; block < params.blocks; block += STEP) {
      let at = block * params.width + column;
      if (isGamma) {
        sum += Value(products[at]);
      } else {
        sum += Value(sums[at]);
      }
    }
  }
  partial[local] = sum;
  workgroupBarrier();
  if (local < COLUMNS && column < params.width) {
    for (var i = 1u; i < STEP; i++) {
      sum += partial[local + i * COLUMNS];
    }
    if (isGamma) {
      dgamma[column] = $T_DGAMMA(sum);
    } else {
      dbeta[column] = $T_DBETA(sum);
    }
  }
}
