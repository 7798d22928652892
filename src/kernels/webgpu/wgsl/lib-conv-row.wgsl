// What four neighbouring outputs of a row meet of x under a kernel 3 wide: six columns. For kernels that declare
// `x: array<vec4<T0>>`, `params.inWidth` and ALIGNED: whether rows of x and of the output are equally long, in
// whole vec4s, with one column of padding on either side. Then one load of 16 bytes and two of 4, else six of 4.

struct Row {
  head: vec4f,
  tail: vec2f,
}

fn xOr0(at: i32, exists: bool) -> f32 {
  let i = u32(select(0, at, exists));
  return select(0.0, f32(x[i >> 2u][i & 3u]), exists);
}

/// From `column` on, which lies at `at`; zeros outside the row, or everywhere if not `inside`. Without branches.
fn loadRow(at: i32, column: i32, inside: bool) -> Row {
  let width = i32(params.inWidth);
  if (ALIGNED) { // column is 4k − 1.
    let i = u32(select(0, at + 1, inside)) >> 2u;
    let middle = select(vec4f(0), vec4f(x[i]), inside);
    let before = select(0.0, f32(x[max(i, 1u) - 1u].w), inside && column >= 0);
    let after = select(0.0, f32(x[i + 1u].x), inside && column + 5 < width);
    return Row(vec4f(before, middle.xyz), vec2f(middle.w, after));
  }
  let head = vec4f(
    xOr0(at, inside && column >= 0 && column < width),
    xOr0(at + 1, inside && column + 1 >= 0 && column + 1 < width),
    xOr0(at + 2, inside && column + 2 >= 0 && column + 2 < width),
    xOr0(at + 3, inside && column + 3 >= 0 && column + 3 < width),
  );
  let tail = vec2f(
    xOr0(at + 4, inside && column + 4 >= 0 && column + 4 < width),
    xOr0(at + 5, inside && column + 5 >= 0 && column + 5 < width),
  );
  return Row(head, tail);
}
