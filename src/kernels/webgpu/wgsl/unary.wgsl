// y[i] = f(x[i]) for every op on one input: EXPRESSION is f of `x`, a vec4<f32>; f may use params.scale and
// params.offset. Four elements an invocation, so that loads and stores are 16 bytes wide. Limited by memory:
// 8 bytes an element, and at most some 30 operations, where a large GPU does 100 in the time that 8 bytes take.

//!include grid math

struct Params {
  vectors: u32,
  scale: f32,
  offset: f32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<T1>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

fn apply(x: vec4f) -> vec4f {
  return $EXPRESSION;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i < params.vectors) {
    output[i] = vec4<T1>(apply(vec4f(input[i])));
  }
}
