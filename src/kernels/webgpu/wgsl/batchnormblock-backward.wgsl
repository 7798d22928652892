// dx, dγ and dβ of batchNormBlock from the sums of batchnormblock-backward-sums: every workgroup adds its channel's up
// for itself, in the same order. Windows are read twice, the second time from the cache. Limited by memory: with
// 2×2 windows 9 bytes a value of x, 14 with the sums. The gradients of the three ops apart move 31.

//!include grid reduce channel normalise philox block block-backward block-dx

@group(0) @binding(0) var<storage, read> x: array<$X>;
@group(0) @binding(1) var<storage, read> dy: array<$DY>;
@group(0) @binding(2) var<storage, read> sums: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<$DX>;
@group(0) @binding(4) var<storage, read_write> dgamma: array<T4>;
@group(0) @binding(5) var<storage, read_write> dbeta: array<T5>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.channels * params.blocks) {
    return;
  }
  let channel = number / params.blocks;
  let block = number % params.blocks;
  var partial = vec2f();
  for (var i = local; i < params.blocks; i += WORKGROUP) {
    partial += sums[channel * params.blocks + i].xy;
  }
  let totals = workgroupSum2(partial, local);
  if (block == 0u && local == 0u) {
    dbeta[channel] = T5(totals.x);
    dgamma[channel] = T4(totals.y);
  }
  let known = sums[params.channels * params.blocks + channel];
  let c = Coefficients(known.x, known.y, known.z, known.w);
  writeGradient(channel, block, c, totals / f32(params.size), local);
}
