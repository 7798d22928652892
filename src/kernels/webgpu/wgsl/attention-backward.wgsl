// The gradient of attention without a matrix of all weights: with p the weights of a query, x = g·vᵀ and
// slope = p·(x − Σ p·x)·scale, dq = Σ slope·k over keys; dk = Σ slope·q and dv = Σ p·g over queries (Dao et al. 2022,
// algorithm 4). Workgroups have one of two roles: 32 queries and dq, or 32 keys and dk and dv; up to 64 columns each.
// A query's greatest score, Σ exp and Σ p·x are needed before its slopes. Where keys are few, both roles work them
// out for themselves, online, which costs less than a second dispatch; otherwise (`stored`) the queries' workgroups
// leave them for the keys' workgroups, which then come later. Limited by workgroup memory, as `attention.wgsl`.
// Against products and softmax: 1 or 2 dispatches for 10, and 60·T·S bytes a batch that need not be moved. 15.3 KiB
// of workgroup memory.

//!include grid nan attention

struct Params {
  batches: u32,
  queries: u32,
  keys: u32,
  /// Features of queries and keys (d), and of values (e).
  d: u32,
  e: u32,
  /// Workgroups for the queries, for the keys, and for the columns of each, of one batch.
  queryTiles: u32,
  queryColumns: u32,
  keyTiles: u32,
  keyColumns: u32,
  /// Number of the first workgroup: those of the queries come first.
  first: u32,
  stored: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<$ITEM_0>;
@group(0) @binding(1) var<storage, read> k: array<$ITEM_1>;
@group(0) @binding(2) var<storage, read> v: array<$ITEM_2>;
@group(0) @binding(3) var<storage, read> g: array<$ITEM_3>;
@group(0) @binding(4) var<storage, read_write> dq: array<$ITEM_4>;
@group(0) @binding(5) var<storage, read_write> dk: array<$ITEM_5>;
@group(0) @binding(6) var<storage, read_write> dv: array<$ITEM_6>;
/// Of every query: greatest score, Σ exp, Σ p·x.
@group(0) @binding(7) var<storage, read_write> statistics: array<vec4<T7>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

/// Of a row of a tile, one unused: neighbours in a column lie in different banks.
const PITCH = TILE + 1u;

var<private> batch: u32;
/// [query][key] or [key][query], whichever the role adds up over.
var<workgroup> slopes: array<f32, PITCH * TILE>;
var<workgroup> weights: array<f32, PITCH * TILE>;

fn loadRow(operand: u32, row: u32, vector: u32) -> vec4f {
  let rows = select(params.keys, params.queries, operand % 2u == 0u);
  let width = select(params.d, params.e, operand >= GRADIENTS);
  if (row >= rows || 4u * vector >= width) {
    return vec4f();
  }
  let at = (batch * rows + row) * width + 4u * vector;
  var value = vec4f();
  switch (operand) {
    case QUERIES: {
      value = $LOAD_Q;
    }
    case KEYS: {
      value = $LOAD_K;
    }
    case VALUES: {
      value = $LOAD_V;
    }
    default: {
      value = $LOAD_G;
    }
  }
  return select(vec4f(), value, 4u * vector + vec4u(0u, 1u, 2u, 3u) < vec4u(width));
}

/// Gradients of the rows QUERIES, KEYS or VALUES.
fn put(operand: u32, row: u32, vector: u32, value: vec4f) {
  let rows = select(params.keys, params.queries, operand == QUERIES);
  let width = select(params.d, params.e, operand == VALUES);
  let n = 4u * vector;
  if (row >= rows || n >= width) {
    return;
  }
  let at = (batch * rows + row) * width + n;
  if (operand == QUERIES) {
    $STORE_DQ
  } else if (operand == KEYS) {
    $STORE_DK
  } else {
    $STORE_DV
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let perQueries = params.queryTiles * params.queryColumns;
  let perKeys = params.keyTiles * params.keyColumns;
  let number = params.first + workgroupNumber(workgroup);
  let forQueries = number < perQueries * params.batches;
  let ofRole = select(number - perQueries * params.batches, number, forQueries);
  let perBatch = select(perKeys, perQueries, forQueries);
  let columns = select(params.keyColumns, params.queryColumns, forQueries);
  if (ofRole >= perBatch * params.batches) {
    return;
  }
  batch = ofRole / perBatch;
  let own = ofRole % perBatch / columns;
  let column = ofRole % columns;
  /// This invocation's row of 32 and its columns, as vectors: this one and the eighth after it.
  let row = local / 8u;
  let part = local % 8u;
  let vector = column * 16u + part;

  // Statistics take a step for each tile of keys, gradients those of the tiles that this role adds up over.
  let known = params.stored == 1u && !forQueries;
  let before = select(params.keyTiles, 0u, known);
  let steps = before + select(1u, params.keyTiles, forQueries);
  let queriesFrom = select(0u, own, forQueries);
  let queriesTo = select(params.queryTiles, own + 1u, forQueries);
  var pairs = Pairs();
  var firstSlope = vec4f();
  var secondSlope = vec4f();
  var firstWeight = vec4f();
  var secondWeight = vec4f();
  for (var queryTile = queriesFrom; queryTile < queriesTo; queryTile++) {
    let firstQuery = queryTile * TILE;
    let query = firstQuery + row;
    let at = batch * params.queries + min(query, params.queries - 1u);
    /// Of the query: greatest score, Σ exp, Σ exp·x.
    var highest = LOWEST;
    var sums = vec2f();
    if (known) {
      let statistic = vec4f(statistics[at]);
      highest = statistic.x;
      sums = statistic.yz;
    }
    for (var step = 0u; step < steps; step++) {
      let keyTile = select(own, step % params.keyTiles, forQueries || step < before);
      let firstKey = keyTile * TILE;
      if (step == 0u || params.keyTiles > 1u) {
        pairs = pairsOf(firstQuery, firstKey, params.d, params.e, local);
      }
      let scores = params.scale * pairs.scores;
      let valid = firstKey + 4u * part + vec4u(0u, 1u, 2u, 3u) < vec4u(params.keys);
      if (step < before) {
        let highestBefore = highest;
        highest = max(highest, rowMax(greatestOf(select(vec4f(LOWEST), scores, valid)), local));
        let weight = select(vec4f(), exponentialOrNan4(scores - highest), valid);
        sums = sums * exp(highestBefore - highest) + vec2f(sumOf(weight), dot(weight, pairs.x));
        workgroupBarrier();
        if (step == before - 1u) {
          sums = rowSum(sums, local);
          if (params.stored == 1u && column == 0u && part == 0u && query < params.queries) {
            statistics[at] = vec4<T7>(vec4f(highest, sums, 0.0));
          }
        }
        continue;
      }
      let weight = select(vec4f(), exponentialOrNan4(scores - highest) / sums.x, valid);
      let slope = weight * (pairs.x - sums.y / sums.x) * params.scale;
      for (var i = 0u; i < 4u; i++) {
        let key = 4u * part + i;
        let place = select(key * PITCH + row, row * PITCH + key, forQueries);
        slopes[place] = slope[i];
        weights[place] = weight[i];
      }
      workgroupBarrier();
      let others = select(firstQuery, firstKey, forQueries);
      let count = min(TILE, select(params.queries, params.keys, forQueries) - others);
      for (var other = 0u; other < count; other++) {
        let factor = slopes[row * PITCH + other];
        if (forQueries) {
          firstSlope += factor * loadRow(KEYS, others + other, vector);
          secondSlope += factor * loadRow(KEYS, others + other, vector + 8u);
        } else {
          let share = weights[row * PITCH + other];
          firstSlope += factor * loadRow(QUERIES, others + other, vector);
          secondSlope += factor * loadRow(QUERIES, others + other, vector + 8u);
          firstWeight += share * loadRow(GRADIENTS, others + other, vector);
          secondWeight += share * loadRow(GRADIENTS, others + other, vector + 8u);
        }
      }
      workgroupBarrier();
    }
  }
  let ofOwn = own * TILE + row;
  let operand = select(KEYS, QUERIES, forQueries);
  put(operand, ofOwn, vector, firstSlope);
  put(operand, ofOwn, vector + 8u, secondSlope);
  if (!forQueries) {
    put(VALUES, ofOwn, vector, firstWeight);
    put(VALUES, ofOwn, vector + 8u, secondWeight);
  }
}
