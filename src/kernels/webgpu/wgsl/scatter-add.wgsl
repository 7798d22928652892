// y[o, j, c] = sum of g[o, i, c] over all i with indices[i] = j, in the order of i. An invocation an element of y (SUM:
// f32, or a vec4 of them where rows are whole ones) goes through all indices, which come to workgroup memory 256 at a
// time: no atomics, so always the same bits. Limited by comparisons, indices × elements of y; good for the few thousand
// indices of a batch. Two barriers for every 256. An index outside the axis makes all of y NaN.

//!include grid

struct Params {
  count: u32,
  // Indices, size of y's axis, elements behind it.
  added: u32,
  size: u32,
  inner: u32,
  // The bits of a NaN: WGSL has no constant for it.
  nan: u32,
}

@group(0) @binding(0) var<storage, read> input: array<$IN>;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read_write> output: array<$OUT>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

const SOME = 256u;

var<workgroup> some: array<u32, SOME>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  let row = i / params.inner;
  let column = i - row * params.inner;
  let outer = row / params.size;
  let wanted = row - outer * params.size;
  var sum = $SUM(0.0);
  for (var first = 0u; first < params.added; first += SOME) {
    workgroupBarrier();
    if (first + local < params.added) {
      some[local] = u32(indices[first + local]);
    }
    workgroupBarrier();
    let count = min(SOME, params.added - first);
    for (var k = 0u; k < count; k++) {
      let index = some[k];
      if (index == wanted) {
        sum += $SUM(input[(outer * params.added + first + k) * params.inner + column]);
      } else if (index >= params.size) {
        sum = $SUM(bitcast<f32>(params.nan));
      }
    }
  }
  if (i < params.count) {
    output[i] = $OUT(sum);
  }
}
