// Attention pooling without a hidden layer, backward: `splits` workgroups an image, each for some of the features.
// `lib-attention-pool-scores` first; then dx = g·w + Wᵀ·ds and, for `attention-pool-weights-direct`, the image's part of
// the gradient of W, ds·xᵀ: `team` invocations for every four features. Reads x once and once a head, mostly from
// cache, and writes as much. Beats eleven dispatches and two arrays of the size of x.

//!include grid attention-pool attention-pool-scores

struct Params {
  images: u32,
  features: u32,
  positions: u32,
  vectors: u32,
  elements: u32,
  heads: u32,
  lanes: u32,
  team: u32,
  splits: u32,
  rounds: u32, // of 256 / team times four features, in a split
  fours: u32, // of features
}

@group(0) @binding(0) var<storage, read> x: array<$VECTOR_OF_X>;
@group(0) @binding(1) var<storage, read> g: array<T1>;
@group(0) @binding(2) var<storage, read> scoreWeight: array<T2>;
@group(0) @binding(3) var<storage, read> weights: array<$VECTOR_OF_WEIGHTS>;
@group(0) @binding(4) var<storage, read_write> dx: array<$VECTOR_OF_DX>;
// For each image: [head][feature / 4], then a vec4 a head. After those of all images, the gradients of the scores, for
// each workgroup.
@group(0) @binding(5) var<storage, read_write> saved: array<vec4f>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.images * params.splits) {
    return;
  }
  let image = number / params.splits;
  let split = number % params.splits;
  let perImage = params.heads * (params.fours + 1u);
  let partial = image * perImage;
  let scores = params.images * perImage + number * params.heads * params.vectors;
  computeScoreGradients(image, scores, partial + params.heads * params.fours, split == 0u, local);

  let member = local % params.team;
  for (var round = 0u; round < params.rounds; round++) {
    let four = (split * params.rounds + round) * (256u / params.team) + local / params.team;
    let end = select(0u, params.vectors, four < params.fours);
    let row = image * params.features + 4u * four;
    let count = min(4u, params.features - min(params.features, 4u * four));
    for (var head = 0u; head < params.heads; head++) {
      var part = vec4f();
      for (var v = member; v < end; v += params.team) {
        let dScores = saved[scores + head * params.vectors + v];
        part += vec4f(
          dot(dScores, xAt(row, v)), dot(dScores, xAt(row + 1u, v)),
          dot(dScores, xAt(row + 2u, v)), dot(dScores, xAt(row + 3u, v)));
      }
      let sum = teamSum(part, params.team, local);
      if (member == 0u && four < params.fours) {
        saved[partial + head * params.fours + four] = sum;
      }
    }
    for (var v = member; v < end; v += params.team) {
      for (var i = 0u; i < count; i++) {
        var value = vec4f();
        for (var head = 0u; head < params.heads; head++) {
          value += f32(g[(row + i) * params.heads + head]) * weightsAt(image * params.heads + head, v, 0.0)
            + f32(scoreWeight[head * params.features + 4u * four + i]) * saved[scores + head * params.vectors + v];
        }
        storeDx(row + i, v, value);
      }
    }
  }
}
