// y = a·keep + b·take, or a where the guard is not finite: the moving average of all weights in one dispatch, four
// elements an invocation. Without a guard anything is bound in its place. Limited by memory: 12 bytes an element.

//!include grid finite

struct Params {
  vectors: u32,
  hasGuard: u32,
  keep: f32,
  take: f32,
}

@group(0) @binding(0) var<storage, read> a: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<T1>>;
@group(0) @binding(2) var<storage, read> guard: array<T2>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<T3>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i >= params.vectors) {
    return;
  }
  let old = vec4f(a[i]);
  if (params.hasGuard != 0u && !isFinite(f32(guard[0]))) {
    y[i] = vec4<T3>(old);
  } else {
    y[i] = vec4<T3>(old * params.keep + vec4f(b[i]) * params.take);
  }
}
