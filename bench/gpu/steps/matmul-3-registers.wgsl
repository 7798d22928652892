// C = A·B by tiles of 64×64, of which each of 16×16 invocations keeps 4×4 elements in registers: a column of four of A
// and a row of four of B (one vec4 each) give 16 multiply-adds, so workgroup memory is read an eighth as often as in
// step 2 and global memory a quarter as often. A lies transposed in workgroup memory to be read as vec4s. Limited by
// the latency of global loads, which nothing overlaps, and by the few registers' worth of work between barriers.

struct Params {
  m: u32,
  n: u32,
  k: u32,
}

@group(0) @binding(0) var<storage, read> a: array<T0>;
@group(0) @binding(1) var<storage, read> b: array<T1>;
@group(0) @binding(2) var<storage, read_write> c: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

// [k][m / 4], [k][n / 4]
var<workgroup> tileA: array<array<vec4f, 16>, 16>;
var<workgroup> tileB: array<array<vec4f, 16>, 16>;

fn elementA(m: u32, k: u32) -> f32 {
  return select(0.0, f32(a[m * params.k + k]), m < params.m && k < params.k);
}

fn elementB(k: u32, n: u32) -> f32 {
  return select(0.0, f32(b[k * params.n + n]), k < params.k && n < params.n);
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let m = workgroup.y * 64u + 4u * local.y;
  let n = workgroup.x * 64u + 4u * local.x;
  // For loading: a row of A of four neighbours in k, a row of B of four neighbours in n.
  let rowA = local.y * 4u + local.x / 4u;
  let columnA = local.x % 4u;
  var sums: array<vec4f, 4>;
  for (var start = 0u; start < params.k; start += 16u) {
    for (var i = 0u; i < 4u; i++) {
      let k = columnA * 4u + i;
      tileA[k][rowA / 4u][rowA % 4u] = elementA(workgroup.y * 64u + rowA, start + k);
    }
    let k = start + local.y;
    tileB[local.y][local.x] = vec4f(elementB(k, n), elementB(k, n + 1u), elementB(k, n + 2u), elementB(k, n + 3u));
    workgroupBarrier();
    for (var j = 0u; j < 16u; j++) {
      let column = tileA[j][local.y];
      let row = tileB[j][local.x];
      for (var i = 0u; i < 4u; i++) {
        sums[i] = fma(vec4f(column[i]), row, sums[i]);
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4u; i++) {
    for (var j = 0u; j < 4u; j++) {
      if (m + i < params.m && n + j < params.n) {
        c[(m + i) * params.n + n + j] = T2(sums[i][j]);
      }
    }
  }
}
