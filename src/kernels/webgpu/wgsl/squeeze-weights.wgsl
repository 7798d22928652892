// Gradients of the weights of squeeze-and-excitation, from what `squeeze-backward` kept of each image: sums over
// images of dh·sᵀ, dh, dz·hᵀ and dz. A workgroup does 32 pairs of (hidden unit, channel), with 8 invocations a pair
// that take every eighth image and are added up in order. Limited by latency; all of it is a few kilobytes an image.

//!include grid

struct Params {
  images: u32,
  channels: u32,
  hidden: u32,
}

@group(0) @binding(0) var<storage, read> saved: array<f32>;
@group(0) @binding(1) var<storage, read_write> dw1: array<T1>;
@group(0) @binding(2) var<storage, read_write> db1: array<T2>;
@group(0) @binding(3) var<storage, read_write> dw2: array<T3>;
@group(0) @binding(4) var<storage, read_write> db2: array<T4>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> partial: array<vec4f, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let pair = workgroupNumber(workgroup) * 32u + local % 32u;
  let c = pair % params.channels;
  let k = pair / params.channels;
  let inside = k < params.hidden;
  let stride = 2u * (params.channels + params.hidden);
  var sum = vec4f(); // dw1, db1, dw2, db2
  if (inside) {
    for (var image = local / 32u; image < params.images; image += 8u) {
      let place = image * stride;
      let mean = saved[place + c];
      let dz = saved[place + params.channels + c];
      let hidden = saved[place + 2u * params.channels + k];
      let dHidden = saved[place + 2u * params.channels + params.hidden + k];
      sum += vec4f(dHidden * mean, dHidden, dz * hidden, dz);
    }
  }
  partial[local] = sum;
  workgroupBarrier();
  if (local >= 32u || !inside) {
    return;
  }
  for (var slice = 1u; slice < 8u; slice++) {
    sum += partial[slice * 32u + local];
  }
  dw1[k * params.channels + c] = T1(sum.x);
  dw2[c * params.hidden + k] = T3(sum.z);
  if (c == 0u) {
    db1[k] = T2(sum.y);
  }
  if (k == 0u) {
    db2[c] = T4(sum.w);
  }
}
