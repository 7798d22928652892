// One step of SGD with momentum, as PyTorch defines it (formulas: reference/optimizer.ts): one dispatch, four elements
// an invocation. Limited by memory: 20 bytes an element.

//!include grid

struct Params {
  vectors: u32,
  nesterov: u32,
  rate: f32,
  momentum: f32,
  decay: f32,
}

@group(0) @binding(0) var<storage, read> parameter: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4<T1>>;
@group(0) @binding(2) var<storage, read> velocity: array<vec4<T2>>;
@group(0) @binding(3) var<storage, read_write> newParameter: array<vec4<T3>>;
@group(0) @binding(4) var<storage, read_write> newVelocity: array<vec4<T4>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i >= params.vectors) {
    return;
  }
  let p = vec4f(parameter[i]);
  let g = vec4f(gradient[i]) + params.decay * p;
  let u = params.momentum * vec4f(velocity[i]) + g;
  var change = u;
  if (params.nesterov != 0u) {
    change = g + params.momentum * u;
  }
  newParameter[i] = vec4<T3>(p - params.rate * change);
  newVelocity[i] = vec4<T4>(u);
}
