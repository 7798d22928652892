// Attention pooling with a hidden layer, forward, one workgroup an image. An invocation computes 8 hidden units at 4
// positions, with the hidden weights in workgroup memory (64 features × 32 units at a time); the quarters of the
// workgroup take other units, and their scores are added up. Then `lib-attention-pool-mean`. Limited by arithmetic:
// 32 multiply-adds for three 16-byte loads. x is read once for every 32 hidden units and once for the mean, mostly from
// cache. Beats seven dispatches and three arrays of the size of the hidden layer.

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
  hidden: u32,
}

alias PooledType = T5;
alias WeightsType = $VECTOR_OF_WEIGHTS;

@group(0) @binding(0) var<storage, read> x: array<$VECTOR_OF_X>;
@group(0) @binding(1) var<storage, read> hiddenWeight: array<T1>;
@group(0) @binding(2) var<storage, read> hiddenBias: array<T2>;
@group(0) @binding(3) var<storage, read> scoreWeight: array<T3>;
@group(0) @binding(4) var<storage, read> scoreBias: array<T4>;
@group(0) @binding(5) var<storage, read_write> pooled: array<T5>;
@group(0) @binding(6) var<storage, read_write> weights: array<$VECTOR_OF_WEIGHTS>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

/// Hidden units and features at a time.
const UNITS = 32u;
const FEATURES = 64u;
/// Vec4s of positions at a time.
const LANES = 64u;

/// [feature][unit / 4]: hidden weights of four units.
var<workgroup> tile: array<vec4f, FEATURES * UNITS / 4u>;

fn hiddenWeightOf(unit: u32, feature: u32) -> f32 {
  if (unit >= params.hidden || feature >= params.features) {
    return 0.0;
  }
  return f32(hiddenWeight[unit * params.features + feature]);
}

fn loadTile(firstFeature: u32, firstUnit: u32, local: u32) {
  for (var i = local; i < FEATURES * UNITS / 4u; i += 256u) {
    let feature = i % FEATURES;
    let four = i / FEATURES;
    let unit = firstUnit + 4u * four;
    let f = firstFeature + feature;
    tile[feature * (UNITS / 4u) + four] = vec4f(
      hiddenWeightOf(unit, f), hiddenWeightOf(unit + 1u, f), hiddenWeightOf(unit + 2u, f), hiddenWeightOf(unit + 3u, f));
  }
}

fn tangent(sums: vec4f, unit: u32) -> vec4f {
  if (unit >= params.hidden) {
    return vec4f();
  }
  return hyperbolicTangent(sums + f32(hiddenBias[unit]));
}

fn tangents(sums: mat4x4f, unit: u32) -> mat4x4f {
  return mat4x4f(
    tangent(sums[0], unit), tangent(sums[1], unit + 1u), tangent(sums[2], unit + 2u), tangent(sums[3], unit + 3u));
}

fn scoreWeightOf(head: u32, unit: u32) -> f32 {
  if (unit >= params.hidden) {
    return 0.0;
  }
  return f32(scoreWeight[head * params.hidden + unit]);
}

fn scoreWeightsOf(head: u32, unit: u32) -> vec4f {
  return vec4f(
    scoreWeightOf(head, unit), scoreWeightOf(head, unit + 1u), scoreWeightOf(head, unit + 2u), scoreWeightOf(head, unit + 3u));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let image = workgroupNumber(workgroup);
  if (image >= params.images) {
    return;
  }
  let quarter = local / LANES;
  for (var firstVector = 0u; firstVector < params.vectors; firstVector += LANES) {
    let v = firstVector + local % LANES;
    let inside = v < params.vectors;
    for (var firstUnit = 0u; firstUnit < params.hidden; firstUnit += UNITS) {
      // Column j: hidden unit `unit` + j, and `unit` + 4 + j.
      let unit = firstUnit + 8u * quarter;
      var low = mat4x4f();
      var high = mat4x4f();
      for (var f = 0u; f < params.features; f += FEATURES) {
        loadTile(f, firstUnit, local);
        workgroupBarrier();
        let end = select(0u, min(FEATURES, params.features - f), inside);
        for (var i = 0u; i < end; i++) {
          let value = xAt(image * params.features + f + i, v);
          let at = i * (UNITS / 4u) + 2u * quarter;
          low += outer(value, tile[at]);
          high += outer(value, tile[at + 1u]);
        }
        workgroupBarrier();
      }
      low = tangents(low, unit);
      high = tangents(high, unit + 4u);
      for (var head = 0u; head < params.heads; head++) {
        let part = low * scoreWeightsOf(head, unit) + high * scoreWeightsOf(head, unit + 4u);
        let sum = sumOverSlices(part, LANES, local);
        if (quarter == 0u && inside) {
          let row = image * params.heads + head;
          var before = vec4f(f32(scoreBias[head]));
          if (firstUnit > 0u) {
            before = weightsAt(row, v, 0.0);
          }
          storeWeights(row, v, before + sum);
        }
      }
    }
  }
  normaliseScores(image, local);
  poolFeatures(image, local);
}
