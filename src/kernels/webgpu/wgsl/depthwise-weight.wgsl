// Weight gradient of a depthwise convolution: for every filter and tap, dy times what it meets, summed over the pixels
// of all images. A workgroup takes one output channel, up to 9 taps and one split of the pixels; an invocation every
// 256th of those, so that a subgroup's loads are one piece of memory. Sums go pairwise through workgroup memory, and
// splits are added up by conv2d-weight-sum: the same order every time.
//
// Limited by loads from the cache: one of 4 bytes a multiply-add, and its address. Beats the general kernel, which
// would make 32 channels of each group of one.

//!include grid

struct Params {
  pixels: u32, // of one channel in all images
  rounds: u32, // of 256 pixels, of a workgroup
  splits: u32,
  inHeight: u32,
  inWidth: u32,
  outHeight: u32,
  outWidth: u32,
  channels: u32, // of dy
  filters: u32, // of a channel of x
  parts: u32, // of 9 taps, of a filter
  strideY: i32,
  strideX: i32,
  dilationY: i32,
  dilationX: i32,
  top: i32, // zeros above
  left: i32,
  stride: u32, // from one workgroup's sums to the next's
  skipColumns: u32, // 256 pixels further is so many images, rows and columns further
  skipRows: u32,
  skipImages: u32,
}

override KERNEL_H: u32;
override KERNEL_W: u32;

@group(0) @binding(0) var<storage, read> x: array<T0>;
@group(0) @binding(1) var<storage, read> dy: array<T1>;
@group(0) @binding(2) var<storage, read_write> sums: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

const THREADS = 256u;
const NONE = vec2i(-1000000000);
/// Nine sums of each invocation, three to a vector.
var<workgroup> partials: array<vec3f, 3u * THREADS>;

/// How far from the first tap this one reaches; beyond every image after the last.
fn shiftOf(tap: u32) -> vec2i {
  let shift = vec2i(i32(tap / KERNEL_W) * params.dilationY, i32(tap % KERNEL_W) * params.dilationX);
  return select(NONE, shift, tap < KERNEL_H * KERNEL_W);
}

fn meet(plane: u32, place: vec2i) -> f32 {
  let inside = all(place >= vec2i(0)) && place.x < i32(params.inHeight) && place.y < i32(params.inWidth);
  let at = plane + u32(place.x) * params.inWidth + u32(place.y);
  return select(0.0, f32(x[select(0u, at, inside)]), inside);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let split = workgroupNumber(workgroup);
  if (split >= params.splits) {
    return;
  }
  let channel = workgroup.z / params.parts;
  let firstTap = (workgroup.z - channel * params.parts) * 9u;
  let source = channel / params.filters;
  let inChannels = params.channels / params.filters;

  var p = split * params.rounds * THREADS + local;
  let line = p / params.outWidth;
  var column = p - line * params.outWidth;
  var n = line / params.outHeight;
  var row = line - n * params.outHeight;
  var a = vec3f();
  var b = vec3f();
  var c = vec3f();
  for (var round = 0u; round < params.rounds; round++) {
    if (p < params.pixels) {
      let plane = (n * inChannels + source) * params.inHeight * params.inWidth;
      let first = vec2i(
        i32(row) * params.strideY - params.top,
        i32(column) * params.strideX - params.left,
      );
      let at = ((n * params.channels + channel) * params.outHeight + row) * params.outWidth + column;
      let g = f32(dy[at]);
      a += g * vec3f(
        meet(plane, first + shiftOf(firstTap)),
        meet(plane, first + shiftOf(firstTap + 1u)),
        meet(plane, first + shiftOf(firstTap + 2u)),
      );
      b += g * vec3f(
        meet(plane, first + shiftOf(firstTap + 3u)),
        meet(plane, first + shiftOf(firstTap + 4u)),
        meet(plane, first + shiftOf(firstTap + 5u)),
      );
      c += g * vec3f(
        meet(plane, first + shiftOf(firstTap + 6u)),
        meet(plane, first + shiftOf(firstTap + 7u)),
        meet(plane, first + shiftOf(firstTap + 8u)),
      );
    }
    p += THREADS;
    column += params.skipColumns;
    row += params.skipRows;
    n += params.skipImages;
    if (column >= params.outWidth) {
      column -= params.outWidth;
      row++;
    }
    if (row >= params.outHeight) {
      row -= params.outHeight;
      n++;
    }
  }
  partials[local] = a;
  partials[THREADS + local] = b;
  partials[2u * THREADS + local] = c;
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      partials[local] += partials[local + half];
      partials[THREADS + local] += partials[THREADS + local + half];
      partials[2u * THREADS + local] += partials[2u * THREADS + local + half];
    }
  }
  workgroupBarrier();
  let taps = KERNEL_H * KERNEL_W;
  if (local < 9u && firstTap + local < taps) {
    sums[split * params.stride + channel * taps + firstTap + local] = T2(partials[local / 3u * THREADS][local % 3u]);
  }
}
