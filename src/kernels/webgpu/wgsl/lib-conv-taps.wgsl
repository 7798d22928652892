// The inner part of conv2d-3x3, written out instead of looping, so that sums are registers with any compiler. For a
// kernel that declares `weights: array<vec4f, …>` (four output channels in each, WEIGHT_ROW from a tap to the next),
// ROWS (1 or 2) and QUADS (1 or 2), and includes `conv-row`.

/// Sums of 4 channels (the columns of a matrix) × 4 pixels: of quads 0 and 1 in row 0, then in row 1.
struct Sums {
  a: mat4x4f,
  b: mat4x4f,
  c: mat4x4f,
  d: mat4x4f,
}

fn outer(pixels: vec4f, channels: vec4f) -> mat4x4f {
  return mat4x4f(pixels * channels.x, pixels * channels.y, pixels * channels.z, pixels * channels.w);
}

/// One tap: `at` is where its weights are, the vectors what it meets in both rows.
fn tap(sums: ptr<function, Sums>, at: u32, upper: vec4f, lower: vec4f) {
  let first = weights[at];
  (*sums).a += outer(upper, first);
  if (ROWS == 2u) {
    (*sums).c += outer(lower, first);
  }
  if (QUADS == 2u) {
    let second = weights[at + 1u];
    (*sums).b += outer(upper, second);
    if (ROWS == 2u) {
      (*sums).d += outer(lower, second);
    }
  }
}

/// The three taps of one row of the kernel.
fn taps(sums: ptr<function, Sums>, at: u32, upper: Row, lower: Row) {
  tap(sums, at, upper.head, lower.head);
  tap(sums, at + WEIGHT_ROW, vec4f(upper.head.yzw, upper.tail.x), vec4f(lower.head.yzw, lower.tail.x));
  tap(sums, at + 2u * WEIGHT_ROW, vec4f(upper.head.zw, upper.tail), vec4f(lower.head.zw, lower.tail));
}
