// Sums and maxima along rows that groups of `lanes` neighbouring invocations share (a power of two, the same for all):
// by halving in workgroup memory. Every invocation calls and gets its group's result. log2(lanes) + 2 barriers, none
// for one lane. A NaN may be lost to the maximum, but not to the sum of exponentials that follows.

var<workgroup> lanesOfRows: array<f32, 256>;

fn rowSum(value: f32, lanes: u32, local: u32) -> f32 {
  if (lanes == 1u) {
    return value;
  }
  lanesOfRows[local] = value;
  workgroupBarrier();
  let lane = local % lanes;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      lanesOfRows[local] += lanesOfRows[local + half];
    }
    workgroupBarrier();
  }
  let total = lanesOfRows[local - lane];
  workgroupBarrier();
  return total;
}

fn rowMax(value: f32, lanes: u32, local: u32) -> f32 {
  if (lanes == 1u) {
    return value;
  }
  lanesOfRows[local] = value;
  workgroupBarrier();
  let lane = local % lanes;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      lanesOfRows[local] = max(lanesOfRows[local], lanesOfRows[local + half]);
    }
    workgroupBarrier();
  }
  let greatest = lanesOfRows[local - lane];
  workgroupBarrier();
  return greatest;
}
