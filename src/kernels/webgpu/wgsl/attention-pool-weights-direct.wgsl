// Gradients of the weights of attention pooling without a hidden layer: the sums over images of what
// `attention-pool-backward-direct` left. Limited by latency; neighbours read neighbours.

//!include grid partials

struct Params {
  images: u32,
  features: u32,
  heads: u32,
  padded: u32, // features, up to whole vec4s
}

@group(0) @binding(0) var<storage, read> saved: array<f32>;
@group(0) @binding(1) var<storage, read_write> dScoreWeight: array<T1>;
@group(0) @binding(2) var<storage, read_write> dScoreBias: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let entry = workgroupNumber(workgroup) * 32u + local % 32u;
  let ofWeights = params.heads * params.features;
  let head = entry - min(entry, ofWeights);
  let inside = head < params.heads;
  var at = entry / params.features * params.padded + entry % params.features;
  if (entry >= ofWeights) {
    at = params.heads * params.padded + 4u * head;
  }
  let stride = params.heads * (params.padded + 4u);
  let sum = sumOfPartials(at, select(0u, params.images, inside), stride, local);
  if (local >= 32u || !inside) {
    return;
  }
  if (entry < ofWeights) {
    dScoreWeight[entry] = T1(sum);
  } else {
    dScoreBias[head] = T2(sum);
  }
}
