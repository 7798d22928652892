// y[k, s, c] = the reduction of x[k, r, c] over the rows r of range s, for x [K, R, columns]. A workgroup takes COLUMNS
// columns side by side, so that its loads are whole cache lines, and 256/COLUMNS rows at a time; the sums of its rows
// are then combined in order in shared memory. A Value is a float or, where the columns allow it, four. Limited by
// memory: 4 bytes a value read once. Tall, narrow x is split into ranges of rows so that the whole device reads; the
// same kernel then reduces [K, splits, columns]. Beats one invocation a column where there are few columns.

//!include grid

const WORKGROUP = 256u;
override COLUMNS: u32;

struct Params {
  outer: u32,
  rows: u32,
  /// Values a row.
  columns: u32,
  splits: u32,
  /// Rows of a range.
  chunk: u32,
  identity: f32,
}

alias Value = $VALUE;
alias Bits = $BITS;

@group(0) @binding(0) var<storage, read> x: array<$X>;
@group(0) @binding(1) var<storage, read_write> y: array<$Y>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> partial: array<Value, WORKGROUP>;

fn isNan(x: Value) -> $BOOL {
  return (bitcast<Bits>(x) & Bits(0x7fffffffu)) > Bits(0x7f800000u);
}

fn combine(a: Value, b: Value) -> Value {
  return $COMBINE;
}

fn load(base: u32, row: u32) -> Value {
  return Value(x[base + row * params.columns]);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let step = WORKGROUP / COLUMNS;
  let tiles = (params.columns + COLUMNS - 1u) / COLUMNS;
  let number = workgroupNumber(workgroup);
  let range = number / tiles;
  let column = (number % tiles) * COLUMNS + local % COLUMNS;
  let outer = range / params.splits;
  let begin = (range % params.splits) * params.chunk;
  let end = min(begin + params.chunk, params.rows);
  let inside = outer < params.outer && column < params.columns;
  var value = Value(params.identity);
  if (inside) {
    let base = outer * params.rows * params.columns + column;
    var row = begin + local / COLUMNS;
    // Four loads that do not wait for one another.
    for (; row + 3u * step < end; row += 4u * step) {
      let first = combine(load(base, row), load(base, row + step));
      let second = combine(load(base, row + 2u * step), load(base, row + 3u * step));
      value = combine(value, combine(first, second));
    }
    for (; row < end; row += step) {
      value = combine(value, load(base, row));
    }
  }
  if (step > 1u) {
    partial[local] = value;
    workgroupBarrier();
    if (local < COLUMNS) {
      for (var i = 1u; i < step; i++) {
        value = combine(value, partial[local + i * COLUMNS]);
      }
    }
  }
  if (inside && local < COLUMNS) {
    y[range * params.columns + column] = $Y(value);
  }
}
