// y[o, s] = the reduction of one row: x is [outer, R0, inner, R1], R0 and R1 are reduced, output o = (outer, inner) and
// s is one of `splits` ranges of the row's R0·R1 values, R1 running fastest. LANES invocations share a row: each takes
// every LANES-th value, neighbours side by side, then they are halved in shared memory. A Value is a float or, where R1
// allows it, four. Limited by memory: 4 bytes a value read once. Few long rows are split so that the whole device
// reads; the same kernel then reduces [outputs, splits]. Beats one invocation a row by reading whole cache lines.

//!include grid

const WORKGROUP = 256u;
override LANES: u32;

struct Params {
  rows: u32,
  splits: u32,
  /// Values of a row, and of a range of it.
  length: u32,
  chunk: u32,
  /// Values of R1; outputs of `inner`; values from one R0 to the next, and from one outer to the next.
  run: u32,
  inner: u32,
  stride: u32,
  outerStride: u32,
  identity: f32,
}

alias Value = $VALUE;
alias Bits = $BITS;

@group(0) @binding(0) var<storage, read> x: array<$X>;
@group(0) @binding(1) var<storage, read_write> y: array<T1>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> shared1: array<f32, WORKGROUP>;

fn isNan(x: Value) -> $BOOL {
  return (bitcast<Bits>(x) & Bits(0x7fffffffu)) > Bits(0x7f800000u);
}

fn isNan1(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn combine(a: Value, b: Value) -> Value {
  return $COMBINE;
}

fn combine1(a: f32, b: f32) -> f32 {
  return $COMBINE1;
}

/// Value i of the row that begins at `base`.
fn load(base: u32, i: u32) -> Value {
  let r = i / params.run;
  return Value(x[base + r * params.stride + (i - r * params.run)]);
}

fn rowValue(row: u32, lane: u32) -> f32 {
  let output = row / params.splits;
  let begin = (row % params.splits) * params.chunk;
  let end = min(begin + params.chunk, params.length);
  let outer = output / params.inner;
  let base = outer * params.outerStride + (output % params.inner) * params.run;
  var value = Value(params.identity);
  var i = begin + lane;
  // Four loads that do not wait for one another.
  for (; i + 3u * LANES < end; i += 4u * LANES) {
    let first = combine(load(base, i), load(base, i + LANES));
    let second = combine(load(base, i + 2u * LANES), load(base, i + 3u * LANES));
    value = combine(value, combine(first, second));
  }
  for (; i < end; i += LANES) {
    value = combine(value, load(base, i));
  }
  return $FOLD;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % LANES;
  let row = workgroupNumber(workgroup) * (WORKGROUP / LANES) + local / LANES;
  var value = params.identity;
  if (row < params.rows) {
    value = rowValue(row, lane);
  }
  shared1[local] = value;
  workgroupBarrier();
  for (var span = LANES / 2u; span > 0u; span /= 2u) {
    if (lane < span) {
      shared1[local] = combine1(shared1[local], shared1[local + span]);
    }
    workgroupBarrier();
  }
  if (lane == 0u && row < params.rows) {
    y[row] = T1(shared1[local]);
  }
}
