// Softmax or its logarithm along short rows, several a workgroup: `lanes` invocations share a row (one alone takes
// rows of up to 4). The same steps as `softmax.wgsl`, which would leave most of a workgroup idle here. Limited by
// memory, 8 bytes an element, or by the 2·log2(lanes) barriers.

//!include grid nan rows

/// The lowest finite value: WGSL has no way to write −∞.
const LOWEST = -3.4028234e38;

struct Params {
  rows: u32,
  length: u32,
  lanes: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T0>;
@group(0) @binding(1) var<storage, read_write> y: array<T1>;
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
    highest = max(f32(x[first + i]), highest);
  }
  let greatest = rowMax(highest, lanes, local);
  var share = 0.0;
  for (var i = lane; i < end; i += lanes) {
    share += exponentialOrNan(f32(x[first + i]) - greatest);
  }
  let sum = rowSum(share, lanes, local);
  for (var i = lane; i < end; i += lanes) {
    let value = f32(x[first + i]);
    y[first + i] = T1($RESULT);
  }
}
