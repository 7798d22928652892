// y[o, i, c] = x[o, indices[i], c]. An invocation an element of y (TYPE: f32, or a vec4 of them where rows are whole
// ones). Limited by memory: 8 bytes an element, and x may be read in any order. An index outside the axis gives NaN: the
// host, which could refuse it, does not know the indices.

//!include grid

struct Params {
  count: u32,
  // Indices, size of x's axis, elements behind it.
  picked: u32,
  size: u32,
  inner: u32,
  // The bits of a NaN: WGSL has no constant for it.
  nan: u32,
}

@group(0) @binding(0) var<storage, read> input: array<$IN>;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read_write> output: array<$OUT>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i >= params.count) {
    return;
  }
  let row = i / params.inner;
  let outer = row / params.picked;
  let index = u32(indices[row - outer * params.picked]);
  var value = $OUT(bitcast<f32>(params.nan));
  if (index < params.size) {
    value = $OUT(input[(outer * params.size + index) * params.inner + i - row * params.inner]);
  }
  output[i] = value;
}
