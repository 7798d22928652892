// Convolution with any kernel, stride, padding, dilation and groups, and its input gradient, as implicit GEMM:
// output channels × pixels, summed over (input channel, tap). For what conv2d-3x3 is not for.
//
// A workgroup makes 32 channels × 64 consecutive pixels (through all images), an invocation 4 × 4 of them. Steps of
// 16 (channel, tap) pairs: the weights and what the pixels meet are gathered into workgroup memory, as vec4s of
// neighbouring channels or pixels. A pixel of the output meets row (i·step + u·tapStep + offset) / divisor of x
// where that is whole: divisor 1 for the convolution; step 1 and the stride as divisor for its gradient, which so
// does stride² times the work it needs.
//
// Limited by the gather: 24 words an invocation and step, each a load of 4 bytes with its own test of the edges,
// for 256 multiply-adds. Pixels are taken apart once, pairs with divisions by constants. Beats one output an
// invocation, which loads two words a multiply-add.

//!include grid

struct Params {
  pixels: u32,
  inHeight: u32,
  inWidth: u32,
  outHeight: u32,
  outWidth: u32,
  groups: u32,
  groupIn: u32, // channels in a group
  groupOut: u32,
  blocks: u32, // of 32 output channels, in a group
  weightOut: u32, // distance of weights from one output channel to the next
  weightIn: u32,
  stepY: i32,
  stepX: i32,
  tapStepY: i32,
  tapStepX: i32,
  offsetY: i32,
  offsetX: i32,
  hasBias: u32,
  rectify: u32,
}

override KERNEL_H: u32;
override KERNEL_W: u32;
override DIVISOR_H: i32;
override DIVISOR_W: i32;
const STEP = 16u;
const PIXEL_QUADS = 16u;
const CHANNEL_QUADS = 8u;

@group(0) @binding(0) var<storage, read> x: array<T0>;
@group(0) @binding(1) var<storage, read> weight: array<T1>;
@group(0) @binding(2) var<storage, read> bias: array<T2>;
@group(0) @binding(3) var<storage, read_write> y: array<T3>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> met: array<vec4f, STEP * PIXEL_QUADS>;
var<workgroup> weights: array<vec4f, STEP * CHANNEL_QUADS>;

/// A pixel of the output: where it is, and where it meets x with the first tap, before division.
struct Pixel {
  exists: bool,
  row: i32,
  column: i32,
  image: u32, // where this group's channels of its image begin in x
  out: u32, // and in y, with its place in the plane
}

fn pixelAt(p: u32, group: u32) -> Pixel {
  let plane = params.outHeight * params.outWidth;
  let n = p / plane;
  let place = p - n * plane;
  let i = place / params.outWidth;
  let j = place - i * params.outWidth;
  let part = n * params.groups + group;
  return Pixel(
    p < params.pixels,
    i32(i) * params.stepY + params.offsetY,
    i32(j) * params.stepX + params.offsetX,
    part * params.groupIn * params.inHeight * params.inWidth,
    part * params.groupOut * plane + place,
  );
}

fn meet(pixel: Pixel, channel: u32, shiftY: i32, shiftX: i32) -> f32 {
  let top = pixel.row + shiftY;
  let left = pixel.column + shiftX;
  let i = top / DIVISOR_H;
  let j = left / DIVISOR_W;
  let whole = i * DIVISOR_H == top && j * DIVISOR_W == left;
  let inside = top >= 0 && left >= 0 && i < i32(params.inHeight) && j < i32(params.inWidth);
  let valid = pixel.exists && whole && inside && channel < params.groupIn;
  let at = pixel.image + (channel * params.inHeight + u32(i)) * params.inWidth + u32(j);
  return select(0.0, f32(x[select(0u, at, valid)]), valid);
}

fn weightOr0(at: u32, channel: u32, exists: bool) -> f32 {
  let valid = exists && channel < params.groupOut;
  return select(0.0, f32(weight[select(0u, at + channel * params.weightOut, valid)]), valid);
}

/// Bias, rectifier and store of four channels of one pixel.
fn finish(sums: vec4f, pixel: Pixel, group: u32, first: u32) {
  let plane = params.outHeight * params.outWidth;
  for (var o = 0u; o < 4u; o++) {
    let channel = first + o;
    if (pixel.exists && channel < params.groupOut) {
      var value = sums[o];
      if (params.hasBias != 0u) {
        value += f32(bias[group * params.groupOut + channel]);
      }
      if (params.rectify != 0u) {
        value = select(value, 0.0, value < 0.0);
      }
      y[pixel.out + channel * plane] = T3(value);
    }
  }
}

@compute @workgroup_size(PIXEL_QUADS, CHANNEL_QUADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let firstPixel = workgroupNumber(workgroup) * PIXEL_QUADS * 4u;
  if (firstPixel >= params.pixels) {
    return;
  }
  let group = workgroup.z / params.blocks;
  let firstChannel = (workgroup.z - group * params.blocks) * CHANNEL_QUADS * 4u;
  let p = firstPixel + local.x * 4u;
  let p0 = pixelAt(p, group);
  let p1 = pixelAt(p + 1u, group);
  let p2 = pixelAt(p + 2u, group);
  let p3 = pixelAt(p + 3u, group);
  let taps = KERNEL_H * KERNEL_W;
  let depth = params.groupIn * taps;
  let weightFrom = group * params.groupOut * depth;
  let lane = local.y * PIXEL_QUADS + local.x;

  var sums = mat4x4f();
  for (var k = 0u; k < depth; k += STEP) {
    workgroupBarrier();
    for (var s = local.y; s < STEP; s += CHANNEL_QUADS) {
      let c = (k + s) / taps;
      let t = (k + s) % taps;
      let shiftY = i32(t / KERNEL_W) * params.tapStepY;
      let shiftX = i32(t % KERNEL_W) * params.tapStepX;
      met[s * PIXEL_QUADS + local.x] = vec4f(
        meet(p0, c, shiftY, shiftX),
        meet(p1, c, shiftY, shiftX),
        meet(p2, c, shiftY, shiftX),
        meet(p3, c, shiftY, shiftX),
      );
    }
    let s = lane / CHANNEL_QUADS;
    let quad = lane % CHANNEL_QUADS;
    let exists = k + s < depth;
    let at = weightFrom + (k + s) / taps * params.weightIn + (k + s) % taps;
    let o = firstChannel + quad * 4u;
    weights[lane] = vec4f(
      weightOr0(at, o, exists),
      weightOr0(at, o + 1u, exists),
      weightOr0(at, o + 2u, exists),
      weightOr0(at, o + 3u, exists),
    );
    workgroupBarrier();
    for (var d = 0u; d < STEP; d++) {
      let pixels = met[d * PIXEL_QUADS + local.x];
      let channels = weights[d * CHANNEL_QUADS + local.y];
      sums += mat4x4f(channels * pixels.x, channels * pixels.y, channels * pixels.z, channels * pixels.w);
    }
  }
  let first = firstChannel + local.y * 4u;
  finish(sums[0], p0, group, first);
  finish(sums[1], p1, group, first);
  finish(sums[2], p2, group, first);
  finish(sums[3], p3, group, first);
}
