// dw with a workgroup of 256 invocations for every weight: each sums every 256th pixel, then they add up in a tree in
// workgroup memory, in a fixed order. Thousands of workgroups and coalesced loads; but dy is read once for every input
// channel and tap, x once for every output channel and tap: two loads for every multiply-add, from the caches at best.

struct Params {
  pixels: u32,
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

var<workgroup> sums: array<f32, 256>;

//!include grid

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  let j = number % params.kernelWidth;
  let i = number / params.kernelWidth % params.kernelHeight;
  let c = number / (params.kernelWidth * params.kernelHeight) % params.inChannels;
  let channel = number / (params.kernelWidth * params.kernelHeight * params.inChannels);
  let plane = params.outHeight * params.outWidth;
  var sum = 0.0;
  if (channel < params.outChannels) {
    for (var pixel = local; pixel < params.pixels; pixel += 256u) {
      let image = pixel / plane;
      let h = pixel % plane / params.outWidth + i - params.paddingTop;
      let w = pixel % params.outWidth + j - params.paddingLeft;
      if (h < params.height && w < params.width) {
        let at = (image * params.outChannels + channel) * plane + pixel % plane;
        sum += f32(x[((image * params.inChannels + c) * params.height + h) * params.width + w]) * f32(dy[at]);
      }
    }
  }
  sums[local] = sum;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      sums[local] += sums[local + half];
    }
  }
  if (local == 0u && channel < params.outChannels) {
    dw[number] = T2(sums[0]);
  }
}
