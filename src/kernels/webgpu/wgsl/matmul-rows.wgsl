// A product with at most 8 rows (or columns) on one side, `few`, where the other side, `many`, lies along k:
// y[r, l] = Σ_k few(r, k)·many[l, k]. Such are narrow dense layers [N, K]·[classes, K]ᵀ and attention pooling
// [N, F, P]·[N, heads, P]ᵀ. `lanes` invocations share one l: each adds up ROWS outputs over its k, reading 16 bytes of
// `many` a time, neighbours neighbours; then they halve their way to the sum. Limited by memory: `many` is read once.

//!include grid

struct Params {
  rows: u32,
  /// Extent of the long axis.
  length: u32,
  k: u32,
  /// Workgroups for the long axis, of one batch.
  groups: u32,
  batches: u32,
  /// Invocations for one l: a power of two.
  lanes: u32,
  strideFew: u32,
  strideMany: u32,
  fewRow: u32,
  fewK: u32,
  yRow: u32,
  yLength: u32,
}

const ROWS = $ROWSu;

@group(0) @binding(0) var<storage, read> few: array<$ITEM_A>;
@group(0) @binding(1) var<storage, read> many: array<$ITEM_B>;
@group(0) @binding(2) var<storage, read_write> y: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> shares: array<f32, 256u * ROWS>;

fn loadFew(at: u32) -> vec4f {
  let next = params.fewK;
  return $LOAD_A;
}

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
  let perGroup = 256u / lanes;
  let lane = local % lanes;
  let l = number % params.groups * perGroup + local / lanes;

  var sums = array<f32, ROWS>();
  if (l < params.length) {
    let fromFew = batch * params.strideFew;
    let fromMany = batch * params.strideMany + l * params.k;
    for (var k = 4u * lane; k < params.k; k += 4u * lanes) {
      let valid = vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(params.k);
      let value = select(vec4f(), loadMany(fromMany + k), valid);
      for (var r = 0u; r < ROWS; r++) {
        // Beyond the last row: its values again, not stored.
        let row = fromFew + min(r, params.rows - 1u) * params.fewRow;
        sums[r] += dot(select(vec4f(), loadFew(row + k * params.fewK), valid), value);
      }
    }
  }

  for (var r = 0u; r < ROWS; r++) {
    shares[r * 256u + local] = sums[r];
  }
  workgroupBarrier();
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      for (var r = 0u; r < ROWS; r++) {
        shares[r * 256u + local] += shares[r * 256u + local + half];
      }
    }
    workgroupBarrier();
  }
  let to = batch * params.rows * params.length;
  for (var i = local; i < perGroup * ROWS; i += 256u) {
    // Neighbours store neighbours where y lies along the rows.
    let r = i % ROWS;
    let at = number % params.groups * perGroup + i / ROWS;
    if (r < params.rows && at < params.length) {
      y[to + r * params.yRow + at * params.yLength] = T2(shares[r * 256u + i / ROWS * lanes]);
    }
  }
}
