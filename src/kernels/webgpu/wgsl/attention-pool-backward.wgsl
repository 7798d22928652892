// Attention pooling with a hidden layer, backward: `splits` workgroups an image, each for some chunks of up to 16 vec4s
// of positions. `lib-attention-pool-scores` first; then, for a chunk and 32 hidden units, t = tanh(V·x + c) again
// (an invocation has two units at 4 positions), dz = Wᵀ·ds·(1 − t²), and from workgroup memory what each position gives
// to the gradients of W (ds·tᵀ), V (dz·xᵀ) and c (dz), and dx = g·w + Vᵀ·dz. Sums over the positions of a workgroup are
// left for `attention-pool-weights`. Limited by arithmetic and by loads that hit the cache. Beats 18 dispatches and
// seven arrays of the size of the hidden layer or of x.

//!include grid math attention-pool attention-pool-scores

struct Params {
  images: u32,
  features: u32,
  positions: u32,
  vectors: u32,
  elements: u32,
  heads: u32,
  lanes: u32,
  hidden: u32,
  splits: u32,
  chunks: u32, // of a split
  chunk: u32, // vec4s, 16 at most
  partial: u32, // vec4s that a workgroup leaves
}

@group(0) @binding(0) var<storage, read> x: array<$VECTOR_OF_X>;
@group(0) @binding(1) var<storage, read> g: array<T1>;
@group(0) @binding(2) var<storage, read> hiddenWeight: array<T2>;
@group(0) @binding(3) var<storage, read> hiddenBias: array<T3>;
@group(0) @binding(4) var<storage, read> scoreWeight: array<T4>;
@group(0) @binding(5) var<storage, read> weights: array<$VECTOR_OF_WEIGHTS>;
@group(0) @binding(6) var<storage, read_write> dx: array<$VECTOR_OF_DX>;
// For each workgroup: [32 units][feature, head or bias][8] with units u, u+8, u+16, u+24 in a vec4, then a vec4 a head.
// After those of all workgroups, the gradients of the scores, for each workgroup again.
@group(0) @binding(7) var<storage, read_write> saved: array<vec4f>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

const UNITS = 32u;
const LANES = 16u;
/// One more than the vec4s of a row, so that rows start in different banks.
const STRIDE = LANES + 1u;

/// [unit][position]: t, then dz.
var<workgroup> tile: array<vec4f, UNITS * STRIDE>;

/// Of units u, u+8, u+16 and u+24 with one row of something.
fn dots(u: u32, lane: u32, value: vec4f) -> vec4f {
  let at = u * STRIDE + lane;
  return vec4f(
    dot(tile[at], value), dot(tile[at + 8u * STRIDE], value),
    dot(tile[at + 16u * STRIDE], value), dot(tile[at + 24u * STRIDE], value));
}

fn addTo(at: u32, value: vec4f, isFirst: bool) {
  var before = vec4f();
  if (!isFirst) {
    before = saved[at];
  }
  saved[at] = before + value;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.images * params.splits) {
    return;
  }
  let image = number / params.splits;
  let split = number % params.splits;
  let rows = params.features + params.heads + 1u;
  let partial = number * params.partial;
  let scores = params.images * params.splits * params.partial + number * params.heads * params.vectors;
  computeScoreGradients(image, scores, partial + params.partial - params.heads, split == 0u, local);

  let firstRow = image * params.features;
  let u = local % 8u;
  for (var chunk = 0u; chunk < params.chunks; chunk++) {
    let first = (split * params.chunks + chunk) * params.chunk;
    let count = select(0u, min(params.chunk, params.vectors - first), first < params.vectors);
    let lane = local % LANES;
    let v = first + lane;
    let inside = lane < count;
    for (var firstUnit = 0u; firstUnit < params.hidden; firstUnit += UNITS) {
      let place = partial + firstUnit / UNITS * rows * 8u;
      // What is computed for units beyond the last is not used.
      let unit = firstUnit + local / LANES * 2u;
      var low = vec4f(f32(hiddenBias[unit]));
      var high = vec4f(f32(hiddenBias[unit + 1u]));
      var dLow = vec4f();
      var dHigh = vec4f();
      if (inside) {
        for (var f = 0u; f < params.features; f++) {
          let value = xAt(firstRow + f, v);
          low += f32(hiddenWeight[unit * params.features + f]) * value;
          high += f32(hiddenWeight[(unit + 1u) * params.features + f]) * value;
        }
        for (var head = 0u; head < params.heads; head++) {
          let dScores = saved[scores + head * params.vectors + v];
          dLow += f32(scoreWeight[head * params.hidden + unit]) * dScores;
          dHigh += f32(scoreWeight[head * params.hidden + unit + 1u]) * dScores;
        }
      }
      low = hyperbolicTangent(low);
      high = hyperbolicTangent(high);
      let at = local / LANES * 2u * STRIDE + lane;
      tile[at] = low;
      tile[at + STRIDE] = high;
      workgroupBarrier();

      for (var head = local / 8u; head < params.heads; head += 32u) {
        var sum = vec4f();
        for (var i = 0u; i < count; i++) {
          sum += dots(u, i, saved[scores + head * params.vectors + first + i]);
        }
        addTo(place + (params.features + head) * 8u + u, sum, chunk == 0u);
      }
      workgroupBarrier();
      tile[at] = dLow * (1.0 - low) * (1.0 + low);
      tile[at + STRIDE] = dHigh * (1.0 - high) * (1.0 + high);
      workgroupBarrier();

      for (var f = local / 8u; f < params.features; f += 32u) {
        var sum = vec4f();
        for (var i = 0u; i < count; i++) {
          sum += dots(u, i, xAt(firstRow + f, first + i));
        }
        addTo(place + f * 8u + u, sum, chunk == 0u);
      }
      if (local < 8u) {
        var sum = vec4f();
        for (var i = 0u; i < count; i++) {
          sum += dots(u, i, vec4f(1));
        }
        addTo(place + (rows - 1u) * 8u + u, sum, chunk == 0u);
      }
      addToDx(image, firstUnit, v, lane, select(0u, params.features, inside), local);
      workgroupBarrier();
    }
  }
}

/// g·w where these are the first hidden units, and Vᵀ·dz: four features at a time.
fn addToDx(image: u32, firstUnit: u32, v: u32, lane: u32, features: u32, local: u32) {
  let firstRow = image * params.features;
  let units = min(UNITS, params.hidden - firstUnit);
  for (var f = local / LANES * 4u; f < features; f += 1024u / LANES) {
    var sums = mat4x4f();
    if (firstUnit == 0u) {
      for (var head = 0u; head < params.heads; head++) {
        let at = (firstRow + f) * params.heads + head;
        let factors = vec4f(
          f32(g[at]), f32(g[at + params.heads]), f32(g[at + 2u * params.heads]), f32(g[at + 3u * params.heads]));
        sums += outer(weightsAt(image * params.heads + head, v, 0.0), factors);
      }
    }
    for (var k = 0u; k < units; k++) {
      let at = (firstUnit + k) * params.features + f;
      let factors = vec4f(
        f32(hiddenWeight[at]), f32(hiddenWeight[at + 1u]), f32(hiddenWeight[at + 2u]), f32(hiddenWeight[at + 3u]));
      sums += outer(tile[k * STRIDE + lane], factors);
    }
    addToRow(image, f, v, sums[0], firstUnit == 0u);
    addToRow(image, f + 1u, v, sums[1], firstUnit == 0u);
    addToRow(image, f + 2u, v, sums[2], firstUnit == 0u);
    addToRow(image, f + 3u, v, sums[3], firstUnit == 0u);
  }
}

fn addToRow(image: u32, feature: u32, v: u32, value: vec4f, isFirst: bool) {
  if (feature >= params.features) {
    return;
  }
  let row = image * params.features + feature;
  var before = vec4f();
  if (!isFirst) {
    before = dxAt(row, v);
  }
  storeDx(row, v, before + value);
}

fn dxAt(row: u32, v: u32) -> vec4f {
  let start = startOf(row, v);
  if (WIDE) {
    return vec4f($VECTOR(dx[start]));
  }
  var value = vec4f();
  for (var i = 0u; i < countOf(v); i++) {
    value[i] = vec4f($VECTOR(dx[start + i])).x;
  }
  return value;
}
