// y[i] = f(a[i], b[i]) for inputs of one shape: EXPRESSION is f of `a` and `b`, both vec4<f32>. Four elements an
// invocation, so that loads and stores are 16 bytes wide. Limited by memory: 12 bytes an element.

//!include grid nan

struct Params {
  vectors: u32,
}

@group(0) @binding(0) var<storage, read> first: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read> second: array<vec4<T1>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<T2>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i < params.vectors) {
    let a = vec4f(first[i]);
    let b = vec4f(second[i]);
    output[i] = vec4<T2>($EXPRESSION);
  }
}
