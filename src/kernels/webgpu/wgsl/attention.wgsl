// y = softmax(q·kᵀ·scale)·v for 32 queries and up to 64 columns of v a workgroup, as FlashAttention does (Dao et al.
// 2022, algorithm 1, with the online softmax of Milakov & Gimelshein 2018): tiles of 32 keys one after the other; when
// a greater score appears, what has been added up so far is scaled down to it. Scores never leave the workgroup.
// Values come straight from global memory: neighbours read neighbours, and the cache has a row when the next query
// wants it. Limited by workgroup memory: 16 multiply-adds for five 16-byte loads. Against product, scale, softmax and
// product: one dispatch instead of four, and 28·T·S bytes a batch that need not be moved. 11 KiB of workgroup memory.

//!include grid nan attention

struct Params {
  batches: u32,
  queries: u32,
  keys: u32,
  /// Features of queries and keys (d), and of values (e).
  d: u32,
  e: u32,
  /// Workgroups for the queries, and for the columns, of one batch.
  queryTiles: u32,
  columnTiles: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<$ITEM_0>;
@group(0) @binding(1) var<storage, read> k: array<$ITEM_1>;
@group(0) @binding(2) var<storage, read> v: array<$ITEM_2>;
@group(0) @binding(3) var<storage, read_write> y: array<$ITEM_3>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<private> batch: u32;
/// [query][key]; one of a row unused, so that rows lie in different banks.
var<workgroup> weights: array<f32, (TILE + 1u) * TILE>;

fn loadRow(operand: u32, row: u32, vector: u32) -> vec4f {
  let rows = select(params.keys, params.queries, operand == QUERIES);
  let width = select(params.d, params.e, operand == VALUES);
  if (row >= rows || 4u * vector >= width) {
    return vec4f();
  }
  let at = (batch * rows + row) * width + 4u * vector;
  var value = vec4f();
  if (operand == QUERIES) {
    value = $LOAD_Q;
  } else if (operand == KEYS) {
    value = $LOAD_K;
  } else {
    value = $LOAD_V;
  }
  return select(vec4f(), value, 4u * vector + vec4u(0u, 1u, 2u, 3u) < vec4u(width));
}

fn put(query: u32, vector: u32, value: vec4f) {
  let n = 4u * vector;
  if (query < params.queries && n < params.e) {
    let width = params.e;
    let at = (batch * params.queries + query) * width + n;
    $STORE_Y
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  let perBatch = params.queryTiles * params.columnTiles;
  if (number >= perBatch * params.batches) {
    return;
  }
  batch = number / perBatch;
  let firstQuery = number % perBatch / params.columnTiles * TILE;
  let row = local / 8u;
  let part = local % 8u;
  /// This invocation's columns, as vectors: this one and the eighth after it.
  let vector = number % params.columnTiles * 16u + part;

  var highest = LOWEST;
  var sum = 0.0;
  var first = vec4f();
  var second = vec4f();
  for (var firstKey = 0u; firstKey < params.keys; firstKey += TILE) {
    let scores = params.scale * pairsOf(firstQuery, firstKey, params.d, 0u, local).scores;
    let valid = firstKey + 4u * part + vec4u(0u, 1u, 2u, 3u) < vec4u(params.keys);
    let before = highest;
    highest = max(highest, rowMax(greatestOf(select(vec4f(LOWEST), scores, valid)), local));
    let weight = select(vec4f(), exponentialOrNan4(scores - highest), valid);
    for (var i = 0u; i < 4u; i++) {
      weights[(TILE + 1u) * row + 4u * part + i] = weight[i];
    }
    let shrink = exp(before - highest);
    sum = sum * shrink + sumOf(weight);
    first *= shrink;
    second *= shrink;
    workgroupBarrier();
    for (var key = 0u; key < min(TILE, params.keys - firstKey); key++) {
      let factor = weights[(TILE + 1u) * row + key];
      first += factor * loadRow(VALUES, firstKey + key, vector);
      second += factor * loadRow(VALUES, firstKey + key, vector + 8u);
    }
  }
  let total = rowSum(vec2f(sum, 0.0), local).x;
  put(firstQuery + row, vector, first / total);
  put(firstQuery + row, vector + 8u, second / total);
}
