// y[i] = Σ parts[p][i], in order.

struct Params {
  count: u32,
  parts: u32,
}

@group(0) @binding(0) var<storage, read> parts: array<T0>;
@group(0) @binding(1) var<storage, read_write> y: array<T1>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.count) {
    return;
  }
  var sum = 0.0;
  for (var part = 0u; part < params.parts; part++) {
    sum += f32(parts[part * params.count + id.x]);
  }
  y[id.x] = T1(sum);
}
