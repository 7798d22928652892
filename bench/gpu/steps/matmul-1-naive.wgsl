// C = A·B for A [m, k], B [k, n]: one invocation an element of C, all from global memory. Neighbours read the same
// element of A and neighbouring ones of B, so loads are coalesced; but every multiply-add needs two of them, and A is
// read n times in all, B m times. Limited by loads: 2 flops for 8 bytes, however much of it the caches serve.

struct Params {
  m: u32,
  n: u32,
  k: u32,
}

@group(0) @binding(0) var<storage, read> a: array<T0>;
@group(0) @binding(1) var<storage, read> b: array<T1>;
@group(0) @binding(2) var<storage, read_write> c: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.n || id.y >= params.m) {
    return;
  }
  var sum = 0.0;
  for (var k = 0u; k < params.k; k++) {
    sum += f32(a[id.y * params.k + k]) * f32(b[k * params.n + id.x]);
  }
  c[id.y * params.n + id.x] = T2(sum);
}
