// One step of AdamW (formulas: reference/optimizer.ts) over all parameters, which lie side by side: one dispatch, four
// elements an invocation. What depends on the step alone comes in ready from the host in float64, rounded once. With a
// norm, gradients are clipped by it, and nothing moves where it is not finite: that is decided here, so that the host
// need not wait to see it. Limited by memory: 28 bytes an element. Without a norm anything is bound in its place.

//!include grid finite

struct Params {
  vectors: u32,
  // Elements from the front that have weight decay.
  decayed: u32,
  hasNorm: u32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  // 1 − learning rate · weight decay.
  decay: f32,
  // Learning rate/(1 − beta1ᵗ) and 1/(1 − beta2ᵗ).
  rate: f32,
  vScale: f32,
  epsilon: f32,
  // 0: no clipping.
  clipNorm: f32,
  inverseClipNorm: f32,
}

@group(0) @binding(0) var<storage, read> parameter: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4<T1>>;
@group(0) @binding(2) var<storage, read> m: array<vec4<T2>>;
@group(0) @binding(3) var<storage, read> v: array<vec4<T3>>;
@group(0) @binding(4) var<storage, read> norm: array<T4>;
@group(0) @binding(5) var<storage, read_write> newParameter: array<vec4<T5>>;
@group(0) @binding(6) var<storage, read_write> newM: array<vec4<T6>>;
@group(0) @binding(7) var<storage, read_write> newV: array<vec4<T7>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i >= params.vectors) {
    return;
  }
  let p = vec4f(parameter[i]);
  let length = f32(norm[0]);
  if (params.hasNorm != 0u && !isFinite(length)) {
    newParameter[i] = vec4<T5>(p);
    newM[i] = vec4<T6>(vec4f(m[i]));
    newV[i] = vec4<T7>(vec4f(v[i]));
    return;
  }
  var g = vec4f(gradient[i]);
  if (params.hasNorm != 0u && params.clipNorm > 0.0) {
    g /= max(length, params.clipNorm) * params.inverseClipNorm;
  }
  let first = params.beta1 * vec4f(m[i]) + params.rest1 * g;
  let second = params.beta2 * vec4f(v[i]) + params.rest2 * (g * g);
  let size = sqrt(second * params.vScale) + params.epsilon;
  let kept = select(p, p * params.decay, vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.decayed));
  newParameter[i] = vec4<T5>(kept - params.rate * first / size);
  newM[i] = vec4<T6>(first);
  newV[i] = vec4<T7>(second);
}
