// What pooling kernels share: sizes, where the windows of an output or around an input lie, and flat numbers split
// into plane (image and channel), row and column. Windows reach into the padding, but none lies wholly in it.

struct Params {
  // Values to write.
  count: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  // Padding.
  top: u32,
  left: u32,
}

@group(0) @binding($PARAMS) var<uniform> params: Params;

override KERNEL_HEIGHT: u32;
override KERNEL_WIDTH: u32;
override STRIDE_HEIGHT: u32;
override STRIDE_WIDTH: u32;

struct Place {
  plane: u32,
  row: u32,
  column: u32,
}

fn placeOf(flat: u32, height: u32, width: u32) -> Place {
  let rows = flat / width;
  return Place(rows / height, rows % height, flat % width);
}

/// Positions from `first` up to `end` on one axis.
struct Range {
  first: u32,
  end: u32,
}

/// The part of window `i` that is not padding.
fn windowRange(i: u32, kernel: u32, stride: u32, before: u32, size: u32) -> Range {
  let start = i * stride;
  return Range(max(start, before) - before, min(start + kernel - before, size));
}

fn windowRows(i: u32) -> Range {
  return windowRange(i, KERNEL_HEIGHT, STRIDE_HEIGHT, params.top, params.height);
}

fn windowColumns(j: u32) -> Range {
  return windowRange(j, KERNEL_WIDTH, STRIDE_WIDTH, params.left, params.width);
}

/// The windows that position `at` lies in.
fn windowsAround(at: u32, kernel: u32, stride: u32, before: u32, count: u32) -> Range {
  let last = at + before;
  let first = (max(last + stride, kernel) - kernel) / stride;
  return Range(first, min(last / stride + 1u, count));
}

fn windowsOfRow(row: u32) -> Range {
  return windowsAround(row, KERNEL_HEIGHT, STRIDE_HEIGHT, params.top, params.outHeight);
}

fn windowsOfColumn(column: u32) -> Range {
  return windowsAround(column, KERNEL_WIDTH, STRIDE_WIDTH, params.left, params.outWidth);
}
