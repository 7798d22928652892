// y = γ·(x − mean)/√(variance + ε) + β over rows, a workgroup a row. The row is read once, into registers, from which mean
// and variance are taken in two passes. A Value is a float or, where the width allows it, four. Limited by memory:
// 8 bytes a value; short rows by their two sums over the workgroup. Beats the seven ops it is made of.

//!include grid reduce

const WORKGROUP = $WORKGROUPu;
/// Values of a row that an invocation holds.
const ITEMS = $ITEMSu;

alias Value = $VALUE;

struct Params {
  rows: u32,
  /// Values and floats a row.
  width: u32,
  size: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<$T_X>;
@group(0) @binding(1) var<storage, read> gamma: array<$T_GAMMA>;
@group(0) @binding(2) var<storage, read> beta: array<$T_BETA>;
@group(0) @binding(3) var<storage, read_write> y: array<$T_Y>;
@group(0) @binding(4) var<storage, read_write> mean: array<T4>;
@group(0) @binding(5) var<storage, read_write> variance: array<T5>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

fn total(x: Value) -> f32 {
  return $TOTAL;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroupNumber(workgroup);
  if (row >= params.rows) {
    return;
  }
  let size = f32(params.size);
  var values: array<Value, ITEMS>;
  var sum = Value();
  for (var i = 0u; i < ITEMS; i++) {
    let column = i * WORKGROUP + local;
    if (column < params.width) {
      values[i] = Value(x[row * params.width + column]);
      sum += values[i];
    }
  }
  let rounded = workgroupSum1(total(sum), local) / size;
  var deviations = Value();
  var squares = Value();
  for (var i = 0u; i < ITEMS; i++) {
    let deviation = select(Value(), values[i] - rounded, i * WORKGROUP + local < params.width);
    deviations += deviation;
    squares += deviation * deviation;
  }
  let totals = workgroupSum2(vec2f(total(deviations), total(squares)), local);
  // The mean was rounded: what is left of the deviations corrects it.
  let correction = totals.x / size;
  let rowMean = rounded + correction;
  let rowVariance = (totals.y - totals.x * correction) / size;
  if (local == 0u) {
    mean[row] = T4(rowMean);
    variance[row] = T5(rowVariance);
  }
  let inverse = 1.0 / sqrt(rowVariance + params.epsilon);
  for (var i = 0u; i < ITEMS; i++) {
    let column = i * WORKGROUP + local;
    if (column < params.width) {
      let normal = (values[i] - rowMean) * inverse;
      y[row * params.width + column] = $T_Y(Value(gamma[column]) * normal + Value(beta[column]));
    }
  }
}
