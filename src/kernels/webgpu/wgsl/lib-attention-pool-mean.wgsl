// The second half of attention pooling forward: scores, which stand where the weights will, become weights by a softmax
// over positions, and x becomes its mean under them. The including source names the types of what it stores
// `PooledType` and `WeightsType`, and includes `math` and `attention-pool` before.

/// The lowest finite value: WGSL has no way to write −∞.
const LOWEST = -3.4028234e38;

fn storeWeights(row: u32, v: u32, value: vec4f) {
  let start = startOf(row, v);
  var rest = value;
  for (var i = 0u; i < countOf(v); i++) {
    weights[start + i] = WeightsType($FIRST);
    rest = rest.yzwx;
  }
}

/// The greatest component in the team. A NaN may be lost here, but not to the sum of exponentials that follows.
fn teamMax(value: vec4f, team: u32, local: u32) -> f32 {
  shared4[local] = value;
  workgroupBarrier();
  let first = local - local % team;
  var highest = value;
  for (var i = 0u; i < team; i++) {
    highest = max(highest, shared4[first + i]);
  }
  workgroupBarrier();
  let pair = max(highest.xy, highest.zw);
  return max(pair.x, pair.y);
}

/// `params.headTeam` invocations, a power of two, for every head.
fn normaliseScores(image: u32, local: u32) {
  storageBarrier();
  let team = params.headTeam;
  let lane = local % team;
  for (var first = 0u; first < params.heads; first += 256u / team) {
    let head = first + local / team;
    let row = image * params.heads + head;
    let end = select(0u, params.vectors, head < params.heads);
    var highest = vec4f(LOWEST);
    for (var v = lane; v < end; v += team) {
      highest = max(weightsAt(row, v, LOWEST), highest);
    }
    let greatest = teamMax(highest, team, local);
    var share = vec4f();
    for (var v = lane; v < end; v += team) {
      let e = exponential(weightsAt(row, v, LOWEST) - greatest);
      storeWeights(row, v, e);
      share += e;
    }
    let sum = dot(teamSum(share, team, local), vec4f(1));
    for (var v = lane; v < end; v += team) {
      storeWeights(row, v, weightsAt(row, v, 0.0) / sum);
    }
  }
  storageBarrier();
}

/// `params.team` invocations, a power of two, for every feature and head.
fn poolFeatures(image: u32, local: u32) {
  let team = params.team;
  let outputs = params.features * params.heads;
  for (var first = 0u; first < outputs; first += 256u / team) {
    let output = first + local / team;
    let row = image * params.features + output / params.heads;
    let rowOfWeights = image * params.heads + output % params.heads;
    let end = select(0u, params.vectors, output < outputs);
    var part = vec4f();
    for (var v = local % team; v < end; v += team) {
      part += xAt(row, v) * weightsAt(rowOfWeights, v, 0.0);
    }
    let total = dot(teamSum(part, team, local), vec4f(1));
    if (output < outputs && local % team == 0u) {
      pooled[image * outputs + output] = PooledType(total);
    }
  }
}
