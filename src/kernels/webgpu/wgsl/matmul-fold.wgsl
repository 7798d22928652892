// y = the sum of `parts` partial products, in order. Limited by memory: 4·(parts + 1) bytes an output; run only where
// outputs are few.

//!include grid

struct Params {
  count: u32,
  parts: u32,
}

@group(0) @binding(0) var<storage, read> partials: array<T0>;
@group(0) @binding(1) var<storage, read_write> y: array<T1>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 64u + local;
  if (i < params.count) {
    var total = f32(partials[i]);
    for (var part = 1u; part < params.parts; part++) {
      total += f32(partials[part * params.count + i]);
    }
    y[i] = T1(total);
  }
}
