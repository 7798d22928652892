// Inputs one after another along an axis: y as rows of which each input has a stretch. An invocation an element of y
// (a float, or a vec4 of them) finds its input among the beginnings of the stretches: inputs may be of very
// different sizes, and work is even all the same. Limited by memory: 8 bytes an element. Beats a copy an input, whose
// dispatches cost more than what they move where inputs are small.

//!include grid many

struct Params {
  // All counted in elements as above: those to be written, those of a row that this dispatch writes, those of a whole
  // row, and the first of a row that is written.
  count: u32,
  width: u32,
  row: u32,
  first: u32,
  // Of each input: first element behind `first`, and length of a row.
  stretch: array<vec4u, 15>,
}

@group(0) @binding($TENSORS) var<storage, read_write> output: array<$LOADED>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i >= params.count) {
    return;
  }
  let row = i / params.width;
  let column = i - row * params.width;
  var k = 0u;
  for (var next = 1u; next < $TENSORSu; next++) {
    k += select(0u, 1u, column >= params.stretch[next].x);
  }
  let stretch = params.stretch[k];
  output[row * params.row + params.first + column] = load(k, row * stretch.y + column - stretch.x);
}
