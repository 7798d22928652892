// Weight gradient of a convolution with any kernel, stride, padding, dilation and groups, as implicit GEMM: output
// channels × (input channel, tap), summed over pixels. For what conv2d-weight-3x3 is not for; split over workgroups in
// the same way, for conv2d-weight-sum to add up.
//
// A workgroup makes 32 channels × 32 pairs, an invocation 4 × 4 of them. Steps of 16 pixels: their dy, and what they
// meet of x, are gathered into workgroup memory as vec4s of neighbouring channels and pairs. Neighbouring invocations
// gather neighbouring pixels, and know where theirs is without dividing again.
//
// Limited by the gather: 16 words an invocation and step, each a load of 4 bytes, half with tests of the edges, for 256
// multiply-adds. Beats a workgroup for each weight.

//!include grid

struct Params {
  pixels: u32,
  steps: u32, // of 16 pixels, of a workgroup
  splits: u32,
  inHeight: u32,
  inWidth: u32,
  outHeight: u32,
  outWidth: u32,
  groups: u32,
  groupIn: u32, // channels in a group
  groupOut: u32,
  blocksIn: u32, // of 32 pairs
  blocksOut: u32, // of 32 output channels
  strideY: i32,
  strideX: i32,
  dilationY: i32,
  dilationX: i32,
  top: i32, // zeros above
  left: i32,
  stride: u32, // from one workgroup's sums to the next's
  skipColumns: u32, // 16 pixels further is so many images, rows and columns further
  skipRows: u32,
  skipImages: u32,
}

override KERNEL_H: u32;
override KERNEL_W: u32;
const STEP = 16u;
const QUADS = 8u;
/// Distance between quads; odd, against bank conflicts.
const ROW = STEP + 1u;

@group(0) @binding(0) var<storage, read> x: array<T0>;
@group(0) @binding(1) var<storage, read> dy: array<T1>;
@group(0) @binding(2) var<storage, read_write> sums: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> met: array<vec4f, QUADS * ROW>;
var<workgroup> gradients: array<vec4f, QUADS * ROW>;

/// A pixel of the output: where it meets x with the first tap, and where its group's channels of x and dy begin.
struct Pixel {
  exists: bool,
  row: i32,
  column: i32,
  image: u32,
  out: u32,
}

fn meet(pixel: Pixel, pair: u32) -> f32 {
  let taps = KERNEL_H * KERNEL_W;
  let channel = pair / taps;
  let tap = pair % taps;
  let i = pixel.row + i32(tap / KERNEL_W) * params.dilationY;
  let j = pixel.column + i32(tap % KERNEL_W) * params.dilationX;
  let inside = i >= 0 && j >= 0 && i < i32(params.inHeight) && j < i32(params.inWidth);
  let valid = pixel.exists && inside && channel < params.groupIn;
  let at = pixel.image + (channel * params.inHeight + u32(i)) * params.inWidth + u32(j);
  return select(0.0, f32(x[select(0u, at, valid)]), valid);
}

fn gradientAt(pixel: Pixel, channel: u32) -> f32 {
  let valid = pixel.exists && channel < params.groupOut;
  let at = pixel.out + channel * params.outHeight * params.outWidth;
  return select(0.0, f32(dy[select(0u, at, valid)]), valid);
}

fn finish(values: vec4f, at: u32, pair: u32, pairs: u32) {
  for (var k = 0u; k < 4u; k++) {
    if (pair + k < pairs) {
      sums[at + k] = T2(values[k]);
    }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let split = workgroupNumber(workgroup);
  if (split >= params.splits) {
    return;
  }
  let part = workgroup.z / params.blocksIn;
  let firstPair = (workgroup.z - part * params.blocksIn) * QUADS * 4u;
  let group = part / params.blocksOut;
  let firstOut = (part - group * params.blocksOut) * QUADS * 4u;
  let pairs = params.groupIn * KERNEL_H * KERNEL_W;
  let inPlane = params.inHeight * params.inWidth;
  let outPlane = params.outHeight * params.outWidth;

  let filled = local % STEP;
  var p = split * params.steps * STEP + filled;
  let line = p / params.outWidth;
  var column = p - line * params.outWidth;
  var n = line / params.outHeight;
  var row = line - n * params.outHeight;
  var a = mat4x4f();
  for (var step = 0u; step < params.steps; step++) {
    workgroupBarrier();
    let image = n * params.groups + group;
    let pixel = Pixel(
      p < params.pixels,
      i32(row) * params.strideY - params.top,
      i32(column) * params.strideX - params.left,
      image * params.groupIn * inPlane,
      image * params.groupOut * outPlane + row * params.outWidth + column,
    );
    for (var quad = local / STEP; quad < QUADS; quad += 64u / STEP) {
      let k = firstPair + quad * 4u;
      let o = firstOut + quad * 4u;
      met[quad * ROW + filled] =
        vec4f(meet(pixel, k), meet(pixel, k + 1u), meet(pixel, k + 2u), meet(pixel, k + 3u));
      gradients[quad * ROW + filled] =
        vec4f(gradientAt(pixel, o), gradientAt(pixel, o + 1u), gradientAt(pixel, o + 2u), gradientAt(pixel, o + 3u));
    }
    workgroupBarrier();
    for (var i = 0u; i < STEP; i++) {
      let pairsMet = met[local % QUADS * ROW + i];
      let channels = gradients[local / QUADS * ROW + i];
      a += mat4x4f(pairsMet * channels.x, pairsMet * channels.y, pairsMet * channels.z, pairsMet * channels.w);
    }
    p += STEP;
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
  let pair = firstPair + local % QUADS * 4u;
  let out = firstOut + local / QUADS * 4u;
  let at = split * params.stride + (group * params.groupOut + out) * pairs + pair;
  finish(a[0], at, pair, select(0u, pairs, out < params.groupOut));
  finish(a[1], at + pairs, pair, select(0u, pairs, out + 1u < params.groupOut));
  finish(a[2], at + 2u * pairs, pair, select(0u, pairs, out + 2u < params.groupOut));
  finish(a[3], at + 3u * pairs, pair, select(0u, pairs, out + 3u < params.groupOut));
}
