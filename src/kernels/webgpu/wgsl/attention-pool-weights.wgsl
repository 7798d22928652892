// Gradients of the weights of attention pooling with a hidden layer: the sums over workgroups of what
// `attention-pool-backward` left. Limited by latency; neighbours read neighbours.

//!include grid partials

struct Params {
  images: u32,
  splits: u32,
  stride: u32, // from one workgroup's results to the next
  entries: u32, // of a workgroup, without those for the bias of the scores, which only the first of an image has
  features: u32,
  heads: u32,
  hidden: u32,
}

@group(0) @binding(0) var<storage, read> saved: array<f32>;
@group(0) @binding(1) var<storage, read_write> dHiddenWeight: array<T1>;
@group(0) @binding(2) var<storage, read_write> dHiddenBias: array<T2>;
@group(0) @binding(3) var<storage, read_write> dScoreWeight: array<T3>;
@group(0) @binding(4) var<storage, read_write> dScoreBias: array<T4>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let entry = workgroupNumber(workgroup) * 32u + local % 32u;
  let head = entry - min(entry, params.entries);
  let inside = head < params.heads;
  let at = min(entry, params.entries) + 4u * head;
  let step = select(1u, params.splits, entry >= params.entries);
  let count = select(0u, params.images * params.splits / step, inside);
  let sum = sumOfPartials(at, count, params.stride * step, local);
  if (local >= 32u || !inside) {
    return;
  }
  if (entry >= params.entries) {
    dScoreBias[head] = T4(sum);
    return;
  }
  // [unit / 32][row][unit % 8][unit % 32 / 8]
  let rows = params.features + params.heads + 1u;
  let row = entry / 32u % rows;
  let unit = entry / 32u / rows * 32u + entry % 4u * 8u + entry / 4u % 8u;
  if (unit >= params.hidden) {
    return;
  }
  if (row < params.features) {
    dHiddenWeight[unit * params.features + row] = T1(sum);
  } else if (row < rows - 1u) {
    dScoreWeight[(row - params.features) * params.hidden + unit] = T3(sum);
  } else {
    dHiddenBias[unit] = T2(sum);
  }
}
