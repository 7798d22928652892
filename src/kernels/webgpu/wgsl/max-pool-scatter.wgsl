// dx[p] = Σ dy over the windows that have their maximum at p, any kernel, stride and padding. Gathers instead of
// scattering: one invocation a position looks through the windows around it, in order, and finds each one's maximum
// again, so there are no atomics and the order of the sum is fixed. Work: kernel area squared over stride area; reads
// come from the cache. For 2×2 windows side by side see max-pool-2x2-scatter.wgsl.

//!include grid pool pool-maximum

@group(0) @binding(0) var<storage, read> x: array<T0>;
@group(0) @binding(1) var<storage, read> dy: array<T1>;
@group(0) @binding(2) var<storage, read_write> dx: array<T2>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = workgroupNumber(workgroup) * 256u + local;
  if (flat >= params.count) {
    return;
  }
  let place = placeOf(flat, params.height, params.width);
  let rows = windowsOfRow(place.row);
  let columns = windowsOfColumn(place.column);
  var sum = 0.0;
  for (var i = rows.first; i < rows.end; i++) {
    for (var j = columns.first; j < columns.end; j++) {
      if (maximumOf(place.plane, i, j).at == flat) {
        sum += f32(dy[(place.plane * params.outHeight + i) * params.outWidth + j]);
      }
    }
  }
  dx[flat] = T2(sum);
}
