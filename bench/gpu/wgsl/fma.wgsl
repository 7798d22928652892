// Chains of fused multiply-adds on registers, eight vec4s an invocation so that none waits for the one before: what
// arithmetic can do. 64 operations a round: 8 vec4s × 4 lanes × 2.

override rounds: u32;

@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let scale = source[0];
  let offset = source[1];
  var a = source[local & 7u];
  var b = a + 1.0;
  var c = a + 2.0;
  var d = a + 3.0;
  var e = a + 4.0;
  var f = a + 5.0;
  var g = a + 6.0;
  var h = a + 7.0;
  for (var i = 0u; i < rounds; i++) {
    a = fma(a, scale, offset);
    b = fma(b, scale, offset);
    c = fma(c, scale, offset);
    d = fma(d, scale, offset);
    e = fma(e, scale, offset);
    f = fma(f, scale, offset);
    g = fma(g, scale, offset);
    h = fma(h, scale, offset);
  }
  target_[workgroup.x * 256u + local] = a + b + c + d + e + f + g + h;
}
