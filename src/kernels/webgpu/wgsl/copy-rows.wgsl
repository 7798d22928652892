// `copy` where the innermost axis is contiguous in x and everything comes in whole vec4s: sizes, strides and base are
// counted in those. Loads and stores of 16 bytes, a division an axis. Limited by memory: 8 bytes an element.

//!include grid walk

struct Params {
  vectors: u32,
  base: u32,
  axes: u32,
  axis: array<vec4u, 8>,
}

@group(0) @binding(0) var<storage, read> input: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<T1>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i < params.vectors) {
    output[i] = vec4<T1>(input[params.base + walkTo(i).at.x]);
  }
}
