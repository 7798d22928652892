// y = conv2d(x, weight) for stride 1 as a matrix product that is never written out (implicit GEMM): rows are output
// channels, columns the pixels of all images, and k runs over input channels and taps; an element of the second matrix
// is looked up in x when it is loaded. Tiles of 32 channels × 64 pixels, 2×4 in the registers of each of 16×16
// invocations: 8 multiply-adds for one vec2 and one vec4 of workgroup memory, and x is read once for every 32 output
// channels. Limited by the integer arithmetic of looking x up (some dozen operations for an element that is used 32
// times) and by loads of single floats.

struct Params {
  pixels: u32,
  k: u32,
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
@group(0) @binding(1) var<storage, read> weight: array<T1>;
@group(0) @binding(2) var<storage, read_write> y: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

// [k][channel / 2], [k][pixel / 4]
var<workgroup> tileWeight: array<array<vec2f, 16>, 16>;
var<workgroup> tileX: array<array<vec4f, 16>, 16>;

fn elementOfX(k: u32, pixel: u32) -> f32 {
  let area = params.kernelHeight * params.kernelWidth;
  let c = k / area;
  let tap = k % area;
  let image = pixel / (params.outHeight * params.outWidth);
  let row = pixel / params.outWidth % params.outHeight;
  let h = row + tap / params.kernelWidth - params.paddingTop;
  let w = pixel % params.outWidth + tap % params.kernelWidth - params.paddingLeft;
  let inside = k < params.k && pixel < params.pixels && h < params.height && w < params.width;
  return select(0.0, f32(x[((image * params.inChannels + c) * params.height + h) * params.width + w]), inside);
}

fn elementOfWeight(channel: u32, k: u32) -> f32 {
  return select(0.0, f32(weight[channel * params.k + k]), channel < params.outChannels && k < params.k);
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let firstPixel = workgroup.x * 64u + 4u * local.x;
  let firstChannel = workgroup.y * 32u + 2u * local.y;
  var sums: array<vec4f, 2>;
  for (var start = 0u; start < params.k; start += 16u) {
    // Neighbours in x load neighbouring pixels; of the weights, neighbours in k.
    for (var i = 0u; i < 4u; i++) {
      tileX[local.y][4u * i + local.x / 4u][local.x % 4u] =
        elementOfX(start + local.y, workgroup.x * 64u + 16u * i + local.x);
    }
    for (var i = 0u; i < 2u; i++) {
      tileWeight[local.x][local.y][i] = elementOfWeight(firstChannel + i, start + local.x);
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let pair = tileWeight[k][local.y];
      let four = tileX[k][local.x];
      sums[0] = fma(vec4f(pair.x), four, sums[0]);
      sums[1] = fma(vec4f(pair.y), four, sums[1]);
    }
    workgroupBarrier();
  }
  let plane = params.outHeight * params.outWidth;
  for (var i = 0u; i < 2u; i++) {
    for (var j = 0u; j < 4u; j++) {
      let pixel = firstPixel + j;
      let channel = firstChannel + i;
      if (channel < params.outChannels && pixel < params.pixels) {
        y[(pixel / plane * params.outChannels + channel) * plane + pixel % plane] = T2(sums[i][j]);
      }
    }
  }
}
