// dw = the gradient of conv2d with respect to its weight: one invocation a weight, which walks over every pixel of
// every image (tfjs's way). A layer has a few thousand weights: a few dozen workgroups on a device that wants some
// thousand, each invocation alone with a sum of a million terms. Limited by having next to nothing in flight.

struct Params {
  weights: u32,
  images: u32,
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
@group(0) @binding(2) var<storage, read_write> dw: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.weights) {
    return;
  }
  let j = id.x % params.kernelWidth;
  let i = id.x / params.kernelWidth % params.kernelHeight;
  let c = id.x / (params.kernelWidth * params.kernelHeight) % params.inChannels;
  let channel = id.x / (params.kernelWidth * params.kernelHeight * params.inChannels);
  var sum = 0.0;
  for (var image = 0u; image < params.images; image++) {
    for (var row = 0u; row < params.outHeight; row++) {
      for (var column = 0u; column < params.outWidth; column++) {
        let h = row + i - params.paddingTop;
        let w = column + j - params.paddingLeft;
        if (h < params.height && w < params.width) {
          let at = ((image * params.outChannels + channel) * params.outHeight + row) * params.outWidth + column;
          sum += f32(x[((image * params.inChannels + c) * params.height + h) * params.width + w]) * f32(dy[at]);
        }
      }
    }
  }
  dw[id.x] = T2(sum);
}
