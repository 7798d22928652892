// What attention and its gradient share. 256 invocations work on 32 queries × 32 keys: 8 of them on a query, each with
// 4 neighbouring keys. Products over features go through workgroup memory, 16 features at a time; every invocation
// loads one vector of four while those before are multiplied. The including source gives what is staged,
//   fn loadRow(operand: u32, row: u32, vector: u32) -> vec4f
// with zeros outside of the operand. There is one place that loads and one that multiplies, whatever is multiplied,
// because some drivers take minutes over longer programs.

const QUERIES = 0u;
const KEYS = 1u;
const GRADIENTS = 2u;
const VALUES = 3u;

const TILE = 32u;
/// Features, and vectors of them, that are staged together.
const CHUNK = 16u;
/// Vectors of a staged row, one of them unused: then rows that are read together lie in different banks.
const STAGED = 5u;
/// The lowest finite value: WGSL has no way to write −∞.
const LOWEST = -3.4028234e38;

/// Rows of queries, then of keys; key 4p + i is row 8i + p of these, so that the first, second … keys of all parts lie
/// side by side.
var<workgroup> staged: array<vec4f, 2u * STAGED * TILE>;
var<workgroup> sharesOfRows: array<vec2f, 256>;

/// What is known of an invocation's query and four keys: q·k, and g·v where it is asked for.
struct Pairs {
  scores: vec4f,
  x: vec4f,
}

/// Of 32 queries with 32 keys: products over `d` features of QUERIES and KEYS and over `e` of GRADIENTS and VALUES.
fn pairsOf(firstQuery: u32, firstKey: u32, d: u32, e: u32, local: u32) -> Pairs {
  let isKey = local / 128u;
  let loaded = local % 128u / 4u;
  let row = select(firstQuery, firstKey, isKey == 1u) + loaded;
  let place = STAGED * select(loaded, TILE + loaded % 4u * 8u + loaded / 4u, isKey == 1u) + local % 4u;
  let query = STAGED * (local / 8u);
  let key = STAGED * (TILE + local % 8u);
  let scoreChunks = (d + CHUNK - 1u) / CHUNK;
  let chunks = scoreChunks + (e + CHUNK - 1u) / CHUNK;
  var pairs = Pairs();
  for (var chunk = 0u; chunk <= chunks; chunk++) {
    let second = u32(chunk >= scoreChunks);
    let vector = (chunk - second * scoreChunks) * (CHUNK / 4u) + local % 4u;
    let next = loadRow(2u * second + isKey, row, vector);
    if (chunk > 0u) {
      var sums = vec4f();
      for (var i = 0u; i < CHUNK / 4u; i++) {
        let features = staged[query + i];
        sums += vec4f(
          dot(features, staged[key + i]),
          dot(features, staged[key + STAGED * 8u + i]),
          dot(features, staged[key + STAGED * 16u + i]),
          dot(features, staged[key + STAGED * 24u + i]),
        );
      }
      if (chunk <= scoreChunks) {
        pairs.scores += sums;
      } else {
        pairs.x += sums;
      }
    }
    workgroupBarrier();
    staged[place] = next;
    workgroupBarrier();
  }
  return pairs;
}

fn sumOf(x: vec4f) -> f32 {
  return (x.x + x.y) + (x.z + x.w);
}

fn greatestOf(x: vec4f) -> f32 {
  return max(max(x.x, x.y), max(x.z, x.w));
}

/// Of the eight invocations of a query, in order. A barrier must lie between two calls of these.
fn rowSum(share: vec2f, local: u32) -> vec2f {
  sharesOfRows[local] = share;
  workgroupBarrier();
  var sum = vec2f();
  for (var i = 0u; i < 8u; i++) {
    sum += sharesOfRows[local / 8u * 8u + i];
  }
  return sum;
}

fn rowMax(share: f32, local: u32) -> f32 {
  sharesOfRows[local] = vec2f(share);
  workgroupBarrier();
  var highest = LOWEST;
  for (var i = 0u; i < 8u; i++) {
    highest = max(highest, sharesOfRows[local / 8u * 8u + i].x);
  }
  return highest;
}
