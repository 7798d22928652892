// Where a window of `x` has its maximum, as all backends choose it: the first NaN, else the first of the greatest, row
// by row.

struct Maximum {
  value: f32,
  // Flat, within x.
  at: u32,
}

fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

/// `b`, which comes later, takes the place of `a`.
fn overtakes(b: f32, a: f32) -> bool {
  return !isNan(a) && (isNan(b) || b > a);
}

/// Of window (i, j).
fn maximumOf(plane: u32, i: u32, j: u32) -> Maximum {
  let rows = windowRows(i);
  let columns = windowColumns(j);
  let start = plane * params.height;
  let first = (start + rows.first) * params.width + columns.first;
  var best = Maximum(f32(x[first]), first);
  for (var row = rows.first; row < rows.end; row++) {
    for (var column = columns.first; column < columns.end; column++) {
      let at = (start + row) * params.width + column;
      let value = f32(x[at]);
      if (overtakes(value, best.value)) {
        best = Maximum(value, at);
      }
    }
  }
  return best;
}
