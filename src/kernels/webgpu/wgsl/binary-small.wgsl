// y[i] = f(full[i], small[(i / inner) % period]): one input has y's shape, the other is one block of y's axes, repeated.
// That is a scalar (inner = period = 1), a bias over the last axes (inner = 1), [1,C,1,1] or [N,C,1,1] beside
// [N,C,H,W] (inner = H·W), and so on. EXPRESSION is f of `a` and `b`; FULL says which of them is the full one.
// Four elements an invocation. Limited by memory: 8 bytes an element; the small input stays in the cache. Two
// divisions an invocation; its four elements are found by stepping on.

//!include grid nan

struct Params {
  vectors: u32,
  inner: u32,
  period: u32,
}

@group(0) @binding(0) var<storage, read> full: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read> small: array<T1>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<T2>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

// The small input beside elements i to i + 3.
fn beside(i: u32) -> vec4f {
  let run = i / params.inner;
  var at = run % params.period;
  if (params.inner % 4u == 0u) {
    return vec4f(f32(small[at]));
  }
  var behind = i - run * params.inner;
  var result = vec4f(0);
  for (var lane = 0u; lane < 4u; lane++) {
    result[lane] = f32(small[at]);
    behind++;
    if (behind == params.inner) {
      behind = 0u;
      at = select(at + 1u, 0u, at + 1u == params.period);
    }
  }
  return result;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i < params.vectors) {
    let $FULL = vec4f(full[i]);
    let $SMALL = beside(4u * i);
    output[i] = vec4<T2>($EXPRESSION);
  }
}
