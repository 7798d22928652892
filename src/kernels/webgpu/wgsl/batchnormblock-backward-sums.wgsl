// sums[channel, block] = Σdy, Σdy·x̂ over the windows of one workgroup: the first of two dispatches of
// batchNormBlockBackward. Behind them, for each channel, what the second dispatch computes with: it then needs few
// enough buffers for any device. Limited by memory: 5 bytes a value with 2×2 windows.

//!include grid reduce channel normalise philox block block-backward

@group(0) @binding(0) var<storage, read> x: array<$X>;
@group(0) @binding(1) var<storage, read> dy: array<$DY>;
@group(0) @binding(2) var<storage, read> gamma: array<T2>;
@group(0) @binding(3) var<storage, read> beta: array<T3>;
@group(0) @binding(4) var<storage, read> mean: array<T4>;
@group(0) @binding(5) var<storage, read> variance: array<T5>;
@group(0) @binding(6) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.channels * params.blocks) {
    return;
  }
  let channel = number / params.blocks;
  let block = number % params.blocks;
  let c = coefficientsOf(f32(mean[channel]), f32(variance[channel]), f32(gamma[channel]), f32(beta[channel]));
  let partial = sumsOf(channel, block, c, local);
  if (local == 0u) {
    sums[number] = vec4f(partial, 0.0, 0.0);
    if (block == 0u) {
      sums[params.channels * params.blocks + channel] = vec4f(c.mean, c.inverse, c.scale, c.offset);
    }
  }
}
