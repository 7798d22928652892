// y = Σ window / kernel area, padding counting as zeros, any kernel, stride and padding. One invocation a window;
// neighbours read neighbouring columns, and what windows share comes from the cache. Limited by memory.

//!include grid pool

@group(0) @binding(0) var<storage, read> x: array<T0>;
@group(0) @binding(1) var<storage, read_write> y: array<T1>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = workgroupNumber(workgroup) * 256u + local;
  if (flat >= params.count) {
    return;
  }
  let window = placeOf(flat, params.outHeight, params.outWidth);
  let rows = windowRows(window.row);
  let columns = windowColumns(window.column);
  var sum = 0.0;
  for (var row = rows.first; row < rows.end; row++) {
    let start = (window.plane * params.height + row) * params.width;
    for (var column = columns.first; column < columns.end; column++) {
      sum += f32(x[start + column]);
    }
  }
  y[flat] = T1(sum / f32(KERNEL_HEIGHT * KERNEL_WIDTH));
}
