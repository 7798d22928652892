// dx[p] = Σ dy / kernel area over the windows around p, any kernel, stride and padding. One invocation a position sums
// in the order of windows: no atomics. Where windows do not overlap it reads one value. Limited by memory.

//!include grid pool

@group(0) @binding(0) var<storage, read> dy: array<T0>;
@group(0) @binding(1) var<storage, read_write> dx: array<T1>;

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
    let start = (place.plane * params.outHeight + i) * params.outWidth;
    for (var j = columns.first; j < columns.end; j++) {
      sum += f32(dy[start + j]);
    }
  }
  dx[flat] = T1(sum / f32(KERNEL_HEIGHT * KERNEL_WIDTH));
}
