// Attention pooling without a hidden layer, forward, one workgroup an image: `lanes` invocations stand for vec4s of
// positions, the others for other slices of the features, which are added up; then `lib-attention-pool-mean`. Reads x
// once a head and once for the mean, mostly from cache. Limited by latency where there are few images, by memory
// where there are many. Beats four dispatches.

//!include grid math attention-pool attention-pool-mean

struct Params {
  images: u32,
  features: u32,
  positions: u32,
  vectors: u32,
  elements: u32,
  heads: u32,
  team: u32,
  headTeam: u32,
  lanes: u32,
}

alias PooledType = T3;
alias WeightsType = $VECTOR_OF_WEIGHTS;

@group(0) @binding(0) var<storage, read> x: array<$VECTOR_OF_X>;
@group(0) @binding(1) var<storage, read> scoreWeight: array<T1>;
@group(0) @binding(2) var<storage, read> scoreBias: array<T2>;
@group(0) @binding(3) var<storage, read_write> pooled: array<T3>;
@group(0) @binding(4) var<storage, read_write> weights: array<$VECTOR_OF_WEIGHTS>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let image = workgroupNumber(workgroup);
  if (image >= params.images) {
    return;
  }
  let lanes = params.lanes;
  for (var head = 0u; head < params.heads; head++) {
    for (var firstVector = 0u; firstVector < params.vectors; firstVector += lanes) {
      let v = firstVector + local % lanes;
      let end = select(0u, params.features, v < params.vectors);
      var part = vec4f();
      for (var f = local / lanes; f < end; f += 256u / lanes) {
        part += f32(scoreWeight[head * params.features + f]) * xAt(image * params.features + f, v);
      }
      let sum = sumOverSlices(part, lanes, local);
      if (local < lanes && v < params.vectors) {
        storeWeights(image * params.heads + head, v, sum + f32(scoreBias[head]));
      }
    }
  }
  normaliseScores(image, local);
  poolFeatures(image, local);
}
