// Softmax or its logarithm along long rows, a row a workgroup: the maximum, the sum of exponentials below it, then
// RESULT from `value`, `greatest` and `sum`. The row is read three times, but comes from memory once: limited by
// memory, 8 bytes an element. Beats one row an invocation by loads of neighbours and by using the whole device for
// few rows.

//!include grid nan reduce

const WORKGROUP = 256u;
/// The lowest finite value: WGSL has no way to write −∞.
const LOWEST = -3.4028234e38;

struct Params {
  rows: u32,
  length: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T0>;
@group(0) @binding(1) var<storage, read_write> y: array<T1>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroupNumber(workgroup);
  if (row >= params.rows) {
    return;
  }
  let first = row * params.length;
  var highest = LOWEST;
  for (var i = local; i < params.length; i += WORKGROUP) {
    highest = larger1(f32(x[first + i]), highest);
  }
  let greatest = workgroupMax1(highest, local);
  var share = 0.0;
  for (var i = local; i < params.length; i += WORKGROUP) {
    share += exponentialOrNan(f32(x[first + i]) - greatest);
  }
  let sum = workgroupSum1(share, local);
  for (var i = local; i < params.length; i += WORKGROUP) {
    let value = f32(x[first + i]);
    y[first + i] = T1($RESULT);
  }
}
