// Sums over partial results that lie `stride` apart, in order, for 32 outputs a workgroup of 256: 8 invocations an output
// take every eighth and are added up. Every invocation calls; the first 32 get the sums.

var<workgroup> partialSums: array<f32, 256>;

/// @param at where the first partial result of output local % 32 is in `saved`
fn sumOfPartials(at: u32, count: u32, stride: u32, local: u32) -> f32 {
  var sum = 0.0;
  for (var i = local / 32u; i < count; i += 8u) {
    sum += saved[at + i * stride];
  }
  partialSums[local] = sum;
  workgroupBarrier();
  for (var slice = 1u; slice < 8u; slice++) {
    sum += partialSums[slice * 32u + local % 32u];
  }
  return sum;
}
