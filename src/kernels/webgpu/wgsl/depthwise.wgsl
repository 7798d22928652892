// Depthwise convolution: groups of one input channel, each with one filter or several; any kernel, stride, padding
// and dilation. And its input gradient, in which an input channel sums over its filters.
//
// An invocation makes four rows of one column of one plane; neighbours have neighbouring columns, so that every load
// and store of a subgroup is one piece of memory whatever the width. What taps share is read from the cache. Output
// (i, j) meets row (i·step + u·tapStep + offset) / divisor of x at tap u, where that is whole.
//
// Limited by loads from the cache: one of 4 bytes a multiply-add, and its address; 8 bytes an element of memory.
// Beats the general kernel, which would make 32 channels of each group of one.

//!include grid

struct Params {
  invocations: u32,
  bands: u32, // of four rows, in a plane
  inHeight: u32,
  inWidth: u32,
  outHeight: u32,
  outWidth: u32,
  channels: u32, // of the output
  filters: u32, // of an input channel of the convolution
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
override TRANSPOSED: bool;

@group(0) @binding(0) var<storage, read> x: array<T0>;
@group(0) @binding(1) var<storage, read> weight: array<T1>;
@group(0) @binding(2) var<storage, read> bias: array<T2>;
@group(0) @binding(3) var<storage, read_write> y: array<T3>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

/// x of the plane at `plane` in the row that `top` stands for, in a valid column or 0.
fn meet(plane: u32, top: i32, column: u32, valid: bool) -> f32 {
  let row = top / DIVISOR_H;
  let inside = valid && top >= 0 && row * DIVISOR_H == top && row < i32(params.inHeight);
  let at = plane + u32(row) * params.inWidth + column;
  return select(0.0, f32(x[select(0u, at, inside)]), inside);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let invocation = workgroupNumber(workgroup) * 256u + local;
  if (invocation >= params.invocations) {
    return;
  }
  let line = invocation / params.outWidth;
  let column = invocation - line * params.outWidth;
  let outPlane = line / params.bands;
  let row = (line - outPlane * params.bands) * 4u;
  let n = outPlane / params.channels;
  let channel = outPlane - n * params.channels;

  let sources = select(1u, params.filters, TRANSPOSED);
  let source = select(channel / params.filters, channel * params.filters, TRANSPOSED);
  let inChannels = select(params.channels / params.filters, params.channels * params.filters, TRANSPOSED);
  let top = i32(row) * params.stepY + params.offsetY;
  let left = i32(column) * params.stepX + params.offsetX;
  var sums = vec4f();
  for (var s = 0u; s < sources; s++) {
    let plane = (n * inChannels + source + s) * params.inHeight * params.inWidth;
    var tap = select(channel, source + s, TRANSPOSED) * KERNEL_H * KERNEL_W;
    for (var u = 0u; u < KERNEL_H; u++) {
      let y0 = top + i32(u) * params.tapStepY;
      for (var v = 0u; v < KERNEL_W; v++) {
        let shifted = left + i32(v) * params.tapStepX;
        let j = shifted / DIVISOR_W;
        let valid = shifted >= 0 && j * DIVISOR_W == shifted && j < i32(params.inWidth);
        let met = vec4f(
          meet(plane, y0, u32(j), valid),
          meet(plane, y0 + params.stepY, u32(j), valid),
          meet(plane, y0 + 2 * params.stepY, u32(j), valid),
          meet(plane, y0 + 3 * params.stepY, u32(j), valid),
        );
        sums += met * f32(weight[tap]);
        tap++;
      }
    }
  }
  if (params.hasBias != 0u) {
    sums += f32(bias[channel]);
  }
  if (params.rectify != 0u) {
    sums = select(sums, vec4f(0), sums < vec4f(0));
  }
  let at = (outPlane * params.outHeight + row) * params.outWidth + column;
  y[at] = T3(sums.x);
  if (row + 1u < params.outHeight) { y[at + params.outWidth] = T3(sums.y); }
  if (row + 2u < params.outHeight) { y[at + 2u * params.outWidth] = T3(sums.z); }
  if (row + 3u < params.outHeight) { y[at + 3u * params.outWidth] = T3(sums.w); }
}
