// y = RESULT for every window of x, any kernel, stride and padding: its maximum, or what another tensor has where the
// maximum is. One invocation a window; neighbours read neighbouring columns, and what windows share comes from the
// cache. Limited by memory for small windows. For 2×2 windows side by side see max-pool-2x2.wgsl.

//!include grid pool pool-maximum

@group(0) @binding(0) var<storage, read> x: array<T0>;
$GRADIENT
@group(0) @binding($Y) var<storage, read_write> y: array<T$Y>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = workgroupNumber(workgroup) * 256u + local;
  if (flat < params.count) {
    let window = placeOf(flat, params.outHeight, params.outWidth);
    let best = maximumOf(window.plane, window.row, window.column);
    y[flat] = T$Y($RESULT);
  }
}
