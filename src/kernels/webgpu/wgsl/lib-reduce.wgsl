// Sums and maxima over a workgroup, by halving in shared memory. Every invocation calls, in uniform control flow, with
// its local index, and every invocation gets the result. The including source declares its size, one-dimensional and
// a power of two: `const WORKGROUP = 256u;`. The order depends on WORKGROUP alone. NaN is greater than anything.
// Costs log2(WORKGROUP) + 2 barriers; `lib-reduce-subgroups.wgsl` has the same functions with two barriers.

var<workgroup> reduction1: array<f32, WORKGROUP>;
var<workgroup> reduction2: array<vec2f, WORKGROUP>;
var<workgroup> reduction4: array<vec4f, WORKGROUP>;

/// The greater of two; NaN if one is.
fn larger1(a: f32, b: f32) -> f32 {
  let isNan = (bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u;
  return select(b, a, (a > b) | isNan);
}

fn larger2(a: vec2f, b: vec2f) -> vec2f {
  let isNan = (bitcast<vec2u>(a) & vec2u(0x7fffffffu)) > vec2u(0x7f800000u);
  return select(b, a, (a > b) | isNan);
}

fn larger4(a: vec4f, b: vec4f) -> vec4f {
  let isNan = (bitcast<vec4u>(a) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
  return select(b, a, (a > b) | isNan);
}

fn workgroupSum1(value: f32, local: u32) -> f32 {
  reduction1[local] = value;
  workgroupBarrier();
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      reduction1[local] += reduction1[local + half];
    }
    workgroupBarrier();
  }
  let total = reduction1[0];
  workgroupBarrier();
  return total;
}

fn workgroupSum2(value: vec2f, local: u32) -> vec2f {
  reduction2[local] = value;
  workgroupBarrier();
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      reduction2[local] += reduction2[local + half];
    }
    workgroupBarrier();
  }
  let total = reduction2[0];
  workgroupBarrier();
  return total;
}

fn workgroupSum4(value: vec4f, local: u32) -> vec4f {
  reduction4[local] = value;
  workgroupBarrier();
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      reduction4[local] += reduction4[local + half];
    }
    workgroupBarrier();
  }
  let total = reduction4[0];
  workgroupBarrier();
  return total;
}

fn workgroupMax1(value: f32, local: u32) -> f32 {
  reduction1[local] = value;
  workgroupBarrier();
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      reduction1[local] = larger1(reduction1[local], reduction1[local + half]);
    }
    workgroupBarrier();
  }
  let greatest = reduction1[0];
  workgroupBarrier();
  return greatest;
}

fn workgroupMax2(value: vec2f, local: u32) -> vec2f {
  reduction2[local] = value;
  workgroupBarrier();
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      reduction2[local] = larger2(reduction2[local], reduction2[local + half]);
    }
    workgroupBarrier();
  }
  let greatest = reduction2[0];
  workgroupBarrier();
  return greatest;
}

fn workgroupMax4(value: vec4f, local: u32) -> vec4f {
  reduction4[local] = value;
  workgroupBarrier();
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      reduction4[local] = larger4(reduction4[local], reduction4[local + half]);
    }
    workgroupBarrier();
  }
  let greatest = reduction4[0];
  workgroupBarrier();
  return greatest;
}
