// C = A·B by tiles of 16×16: a workgroup loads a tile of A and one of B into its memory, every element once, and each
// invocation multiplies a row with a column of them. Global loads fall by 16; what limits now is workgroup memory: two
// loads for every multiply-add, and a barrier every 16 of them.

struct Params {
  m: u32,
  n: u32,
  k: u32,
}

@group(0) @binding(0) var<storage, read> a: array<T0>;
@group(0) @binding(1) var<storage, read> b: array<T1>;
@group(0) @binding(2) var<storage, read_write> c: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> tileA: array<array<f32, 16>, 16>;
var<workgroup> tileB: array<array<f32, 16>, 16>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_id) local: vec3u) {
  var sum = 0.0;
  for (var start = 0u; start < params.k; start += 16u) {
    let kA = start + local.x;
    let kB = start + local.y;
    let insideA = id.y < params.m && kA < params.k;
    let insideB = kB < params.k && id.x < params.n;
    tileA[local.y][local.x] = select(0.0, f32(a[id.y * params.k + kA]), insideA);
    tileB[local.y][local.x] = select(0.0, f32(b[kB * params.n + id.x]), insideB);
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      sum += tileA[local.y][k] * tileB[k][local.x];
    }
    workgroupBarrier();
  }
  if (id.x < params.n && id.y < params.m) {
    c[id.y * params.n + id.x] = T2(sum);
  }
}
