// y = x with a frame of params.value around it. Every element of y finds its place along each axis and whether that is
// within x. Four elements an invocation: one division an axis for the first, steps along the row for the others.
// Limited by memory: at most 8 bytes an element. One dispatch, where filling first and copying then would be two and
// would write what lies inside twice.

//!include grid

struct Params {
  vectors: u32,
  axes: u32,
  // Innermost first: size in y, stride in x, elements before x begins, elements of x.
  axis: array<vec4u, 8>,
  value: f32,
}

@group(0) @binding(0) var<storage, read> input: array<T0>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<T1>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

struct Row {
  inside: bool,
  // Of the first element of x in this row.
  at: u32,
}

fn rowOf(number: u32) -> Row {
  var row = Row(true, 0u);
  var rest = number;
  for (var k = 1u; k < params.axes; k++) {
    let axis = params.axis[k];
    let outer = rest / axis.x;
    // Before x begins this wraps round and is large.
    let index = rest - outer * axis.x - axis.z;
    row.inside = row.inside && index < axis.w;
    row.at += index * axis.y;
    rest = outer;
  }
  return row;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupNumber(workgroup) * 256u + local;
  if (i >= params.vectors) {
    return;
  }
  let axis = params.axis[0];
  var number = 4u * i / axis.x;
  var column = 4u * i - number * axis.x;
  var row = rowOf(number);
  var value = vec4f(params.value);
  for (var lane = 0u; lane < 4u; lane++) {
    if (row.inside && column - axis.z < axis.w) {
      value[lane] = f32(input[row.at + (column - axis.z) * axis.y]);
    }
    column++;
    if (column == axis.x) {
      column = 0u;
      number++;
      row = rowOf(number);
    }
  }
  output[i] = vec4<T1>(value);
}
