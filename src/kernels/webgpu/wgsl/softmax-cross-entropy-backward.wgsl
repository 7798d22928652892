// dlogits[n, c] = g·scale·(softmax(x)[n, c]·Σ_c targets − targets[n, c]): `lanes` invocations share a row, one alone
// takes rows of up to 4 classes. Limited by the dispatch itself: batches are small. Beats scaling, softmax, sum,
// product, difference and product, which are six dispatches.

//!include grid nan rows

/// The lowest finite value: WGSL has no way to write −∞.
const LOWEST = -3.4028234e38;

struct Params {
  rows: u32,
  length: u32,
  lanes: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> logits: array<T0>;
@group(0) @binding(1) var<storage, read> targets: array<T1>;
@group(0) @binding(2) var<storage, read> g: array<T2>;
@group(0) @binding(3) var<storage, read_write> slopes: array<T3>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let lanes = params.lanes;
  let row = workgroupNumber(workgroup) * (256u / lanes) + local / lanes;
  let first = row * params.length;
  let end = select(0u, params.length, row < params.rows);
  let lane = local % lanes;
  var highest = LOWEST;
  for (var i = lane; i < end; i += lanes) {
    highest = max(f32(logits[first + i]), highest);
  }
  let greatest = rowMax(highest, lanes, local);
  var share = 0.0;
  var part = 0.0;
  for (var i = lane; i < end; i += lanes) {
    share += exponentialOrNan(f32(logits[first + i]) - greatest);
    part += f32(targets[first + i]);
  }
  let sum = rowSum(share, lanes, local);
  let whole = rowSum(part, lanes, local);
  let each = f32(g[0]) * params.scale;
  for (var i = lane; i < end; i += lanes) {
    let probability = exponentialOrNan(f32(logits[first + i]) - greatest) / sum;
    slopes[first + i] = T3(each * (probability * whole - f32(targets[first + i])));
  }
}
