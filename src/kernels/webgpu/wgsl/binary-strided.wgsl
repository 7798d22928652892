// y[i] = f(a[…], b[…]) for whatever broadcasting `binary` and `binary-small` do not cover, such as [4,1,7] beside
// [4,3,7]: both inputs are walked through with their own strides, 0 along axes they do not have. EXPRESSION is f of
// `a` and `b`. Four elements an invocation: one division an axis for the first, steps for the others.

//!include grid nan walk

struct Params {
  vectors: u32,
  axes: u32,
  axis: array<vec4u, 8>,
}

@group(0) @binding(0) var<storage, read> first: array<T0>;
@group(0) @binding(1) var<storage, read> second: array<T1>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<T2>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i >= params.vectors) {
    return;
  }
  var walk = walkTo(4u * i);
  var a = vec4f(0);
  var b = vec4f(0);
  for (var lane = 0u; lane < 4u; lane++) {
    a[lane] = f32(first[walk.at.x]);
    b[lane] = f32(second[walk.at.y]);
    walk = walkOn(walk, 4u * i + lane + 1u);
  }
  output[i] = vec4<T2>($EXPRESSION);
}
