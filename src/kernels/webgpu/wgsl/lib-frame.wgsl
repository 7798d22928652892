// Samples of a recording as frames see them.

/// Index into a signal, mirrored at both ends without repeating them, as often as needed.
fn mirrored(i: i32, length: i32) -> i32 {
  let period = max(2 * (length - 1), 1);
  let j = ((i % period) + period) % period;
  return min(select(period - j, j, j < length), length - 1);
}
