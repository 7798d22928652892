// Attention pooling: rows of x and of the weights as vec4s of positions, 0 beyond the last, and sums over features.
// The including source binds `x` and `weights` and has `features`, `positions`, `vectors` (vec4s a row, the last
// perhaps not full), `elements` (of the bound arrays a row) and `heads` in its `params`.

/// Are rows whole vec4s, and bound as such?
const WIDE = $WIDE;

/// Element of a bound array where vec4 `v` of a row starts.
fn startOf(row: u32, v: u32) -> u32 {
  return row * params.elements + select(4u * v, v, WIDE);
}

/// Elements that vec4 `v` of a row has.
fn countOf(v: u32) -> u32 {
  return select(min(4u, params.positions - 4u * v), 1u, WIDE);
}

fn xAt(row: u32, v: u32) -> vec4f {
  let start = startOf(row, v);
  if (WIDE) {
    return vec4f($VECTOR(x[start]));
  }
  var value = vec4f();
  for (var i = 0u; i < countOf(v); i++) {
    value[i] = vec4f($VECTOR(x[start + i])).x;
  }
  return value;
}

/// `rest` stands beyond the last position.
fn weightsAt(row: u32, v: u32, rest: f32) -> vec4f {
  let start = startOf(row, v);
  if (WIDE) {
    return vec4f($VECTOR(weights[start]));
  }
  var value = vec4f(rest);
  for (var i = 0u; i < countOf(v); i++) {
    value[i] = vec4f($VECTOR(weights[start + i])).x;
  }
  return value;
}

/// Column j: value times component j of the factors.
fn outer(value: vec4f, factors: vec4f) -> mat4x4f {
  return mat4x4f(value * factors.x, value * factors.y, value * factors.z, value * factors.w);
}

var<workgroup> shared4: array<vec4f, 256>;

/// For the first `lanes` invocations: the sum over all whose number is the same modulo `lanes`.
fn sumOverSlices(value: vec4f, lanes: u32, local: u32) -> vec4f {
  shared4[local] = value;
  workgroupBarrier();
  var sum = value;
  if (local < lanes) {
    for (var other = local + lanes; other < 256u; other += lanes) {
      sum += shared4[other];
    }
  }
  workgroupBarrier();
  return sum;
}

/// The sum over the `team` neighbouring invocations that an invocation belongs to.
fn teamSum(value: vec4f, team: u32, local: u32) -> vec4f {
  shared4[local] = value;
  workgroupBarrier();
  let first = local - local % team;
  var sum = shared4[first];
  for (var i = 1u; i < team; i++) {
    sum += shared4[first + i];
  }
  workgroupBarrier();
  return sum;
}
