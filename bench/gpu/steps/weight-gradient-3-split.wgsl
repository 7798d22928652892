// dw as a matrix product that is never written out: rows are output channels, columns input channels and taps, and k
// runs over the pixels of all images. There are few rows and columns and very many k, so k is split into parts: a
// workgroup sums one part for a tile of 32 channels × 64 columns, 2×4 in the registers of each of 16×16 invocations,
// and a second pass adds the parts in order (fold.wgsl). Reads fall by the sides of the tile; limited, as step 3 of
// conv2d, by the integer arithmetic of looking x up and by loads of single floats.

struct Params {
  pixels: u32,
  partPixels: u32,
  columns: u32,
  inChannels: u32,
  outChannels: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  paddingTop: u32,
  paddingLeft: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T0>;
@group(0) @binding(1) var<storage, read> dy: array<T1>;
@group(0) @binding(2) var<storage, read_write> parts: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

// [pixel][channel / 2], [pixel][column / 4]
var<workgroup> tileDy: array<array<vec2f, 16>, 16>;
var<workgroup> tileX: array<array<vec4f, 16>, 16>;

fn elementOfX(pixel: u32, end: u32, column: u32) -> f32 {
  let area = params.kernelHeight * params.kernelWidth;
  let c = column / area;
  let tap = column % area;
  let image = pixel / (params.outHeight * params.outWidth);
  let row = pixel / params.outWidth % params.outHeight;
  let h = row + tap / params.kernelWidth - params.paddingTop;
  let w = pixel % params.outWidth + tap % params.kernelWidth - params.paddingLeft;
  let inside = pixel < end && column < params.columns && h < params.height && w < params.width;
  return select(0.0, f32(x[((image * params.inChannels + c) * params.height + h) * params.width + w]), inside);
}

fn elementOfDy(pixel: u32, end: u32, channel: u32) -> f32 {
  let plane = params.outHeight * params.outWidth;
  let at = (pixel / plane * params.outChannels + channel) * plane + pixel % plane;
  return select(0.0, f32(dy[at]), pixel < end && channel < params.outChannels);
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let firstColumn = workgroup.x * 64u;
  let firstChannel = workgroup.y * 32u;
  let first = workgroup.z * params.partPixels;
  let end = min(first + params.partPixels, params.pixels);
  var sums: array<vec4f, 2>;
  for (var start = first; start < end; start += 16u) {
    // Neighbours in x load neighbouring pixels.
    let pixel = start + local.x;
    for (var i = 0u; i < 4u; i++) {
      let column = 4u * local.y + i;
      tileX[local.x][local.y][i] = elementOfX(pixel, end, firstColumn + column);
    }
    for (var i = 0u; i < 2u; i++) {
      tileDy[local.x][local.y][i] = elementOfDy(pixel, end, firstChannel + 2u * local.y + i);
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let pair = tileDy[k][local.y];
      let four = tileX[k][local.x];
      sums[0] = fma(vec4f(pair.x), four, sums[0]);
      sums[1] = fma(vec4f(pair.y), four, sums[1]);
    }
    workgroupBarrier();
  }
  let part = workgroup.z * params.outChannels * params.columns;
  for (var i = 0u; i < 2u; i++) {
    for (var j = 0u; j < 4u; j++) {
      let channel = firstChannel + 2u * local.y + i;
      let column = firstColumn + 4u * local.x + j;
      if (channel < params.outChannels && column < params.columns) {
        parts[part + channel * params.columns + column] = T2(sums[i][j]);
      }
    }
  }
}
