// y[i] = x[base + offset(i)]: values at strides in x, in order in y. Broadcasting, slices and permutations whose rows
// are not whole vec4s. Four elements an invocation: one division an axis for the first, steps for the others; one
// store of 16 bytes, four loads of 4. Limited by memory: 8 bytes an element where x is read along rows.

//!include grid walk

struct Params {
  vectors: u32,
  base: u32,
  axes: u32,
  axis: array<vec4u, 8>,
}

@group(0) @binding(0) var<storage, read> input: array<T0>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<T1>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i >= params.vectors) {
    return;
  }
  var walk = walkTo(4u * i);
  var value = vec4f(0);
  for (var lane = 0u; lane < 4u; lane++) {
    value[lane] = f32(input[params.base + walk.at.x]);
    walk = walkOn(walk, 4u * i + lane + 1u);
  }
  output[i] = vec4<T1>(value);
}
