// A product with at most 8 rows (or columns) on one side, `few`, where the other side, `many`, lies along its long
// axis: y[r, l] = Σ_k few(r, k)·many[k, l]. Such are attention scores [1, K]·[N, K, P] and the weight gradients of
// narrow dense layers. An invocation adds up ROWS × 4 outputs over its share of k, reading 16 bytes of `many` a time,
// neighbours neighbours; `lanes` invocations side by side, the others take other k. Shares are added up in order.
// Limited by memory: `many` is read once, 2·ROWS operations for 4 bytes. Tiles would load and multiply zeros.

//!include grid

struct Params {
  rows: u32,
  /// Extent of the long axis.
  length: u32,
  k: u32,
  /// Workgroups for the long axis, of one batch.
  groups: u32,
  batches: u32,
  /// Invocations side by side along the long axis: a power of two.
  lanes: u32,
  strideFew: u32,
  strideMany: u32,
  fewRow: u32,
  fewK: u32,
  yRow: u32,
  yLength: u32,
}

const ROWS = $ROWSu;
/// Rows whose shares fit into workgroup memory together.
const TOGETHER = min(ROWS, 4u);

@group(0) @binding(0) var<storage, read> few: array<T0>;
@group(0) @binding(1) var<storage, read> many: array<$ITEM_B>;
@group(0) @binding(2) var<storage, read_write> y: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> shares: array<vec4f, 256u * TOGETHER>;

fn loadMany(at: u32) -> vec4f {
  return $LOAD_B;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.groups * params.batches) {
    return;
  }
  let batch = number / params.groups;
  let lanes = params.lanes;
  let parts = 256u / lanes;
  let lane = local % lanes;
  let part = local / lanes;
  let firstL = number % params.groups * lanes * 4u;
  let l = firstL + lane * 4u;

  var sums = array<vec4f, ROWS>();
  if (l < params.length) {
    let fromFew = batch * params.strideFew;
    let fromMany = batch * params.strideMany + l;
    for (var k = part; k < params.k; k += parts) {
      let value = loadMany(fromMany + k * params.length);
      for (var r = 0u; r < ROWS; r++) {
        // Beyond the last row: its values again, not stored.
        sums[r] += f32(few[fromFew + min(r, params.rows - 1u) * params.fewRow + k * params.fewK]) * value;
      }
    }
  }

  let to = batch * params.rows * params.length;
  for (var first = 0u; first < ROWS; first += TOGETHER) {
    for (var r = 0u; r < TOGETHER; r++) {
      shares[r * 256u + local] = sums[first + r];
    }
    workgroupBarrier();
    // Outputs of TOGETHER rows: 4·lanes each.
    for (var i = local; i < TOGETHER * lanes * 4u; i += 256u) {
      let r = i / (4u * lanes);
      let offset = i % (4u * lanes);
      var total = 0.0;
      for (var p = 0u; p < parts; p++) {
        total += shares[r * 256u + p * lanes + offset / 4u][offset % 4u];
      }
      if (first + r < params.rows && firstL + offset < params.length) {
        y[to + (first + r) * params.yRow + (firstL + offset) * params.yLength] = T2(total);
      }
    }
    workgroupBarrier();
  }
}
