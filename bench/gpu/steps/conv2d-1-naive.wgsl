// y = conv2d(x, weight), stride 1: one invocation an output, all from global memory, every tap with its own test for
// the border. A multiply-add takes two loads and a dozen integer operations; only the caches know that nine outputs
// read the same pixel and that a whole image reads the same weights.

struct Params {
  outputs: u32,
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

//!include grid

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let output = workgroupNumber(workgroup) * 256u + local;
  if (output >= params.outputs) {
    return;
  }
  let column = output % params.outWidth;
  let row = output / params.outWidth % params.outHeight;
  let channel = output / (params.outWidth * params.outHeight) % params.outChannels;
  let image = output / (params.outWidth * params.outHeight * params.outChannels);
  var sum = 0.0;
  for (var c = 0u; c < params.inChannels; c++) {
    for (var i = 0u; i < params.kernelHeight; i++) {
      for (var j = 0u; j < params.kernelWidth; j++) {
        // Above or to the left wraps to a large number.
        let h = row + i - params.paddingTop;
        let w = column + j - params.paddingLeft;
        if (h < params.height && w < params.width) {
          let tap = ((channel * params.inChannels + c) * params.kernelHeight + i) * params.kernelWidth + j;
          sum += f32(x[((image * params.inChannels + c) * params.height + h) * params.width + w]) * f32(weight[tap]);
        }
      }
    }
  }
  y[output] = T2(sum);
}
