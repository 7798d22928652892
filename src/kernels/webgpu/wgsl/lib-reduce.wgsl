// Sums and maxima over a workgroup in shared memory. Every invocation calls, in uniform control flow, with its local
// index, and every invocation gets the result. The including source declares its size, one-dimensional, a power of two
// and at least 16: `const WORKGROUP = 256u;`. Sixteen invocations each combine every sixteenth value, then every
// invocation combines their sixteen results: three barriers, and an order that depends on WORKGROUP alone; halving takes
// ten. NaN is greater than anything. `lib-reduce-subgroups.wgsl` has the same functions with two barriers.

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
  if (local < 16u) {
    var partial = value;
    for (var i = local + 16u; i < WORKGROUP; i += 16u) {
      partial += reduction1[i];
    }
    reduction1[local] = partial;
  }
  workgroupBarrier();
  var total = reduction1[0];
  for (var i = 1u; i < 16u; i++) {
    total += reduction1[i];
  }
  workgroupBarrier();
  return total;
}

fn workgroupSum2(value: vec2f, local: u32) -> vec2f {
  reduction2[local] = value;
  workgroupBarrier();
  if (local < 16u) {
    var partial = value;
    for (var i = local + 16u; i < WORKGROUP; i += 16u) {
      partial += reduction2[i];
    }
    reduction2[local] = partial;
  }
  workgroupBarrier();
  var total = reduction2[0];
  for (var i = 1u; i < 16u; i++) {
    total += reduction2[i];
  }
  workgroupBarrier();
  return total;
}

fn workgroupSum4(value: vec4f, local: u32) -> vec4f {
  reduction4[local] = value;
  workgroupBarrier();
  if (local < 16u) {
    var partial = value;
    for (var i = local + 16u; i < WORKGROUP; i += 16u) {
      partial += reduction4[i];
    }
    reduction4[local] = partial;
  }
  workgroupBarrier();
  var total = reduction4[0];
  for (var i = 1u; i < 16u; i++) {
    total += reduction4[i];
  }
  workgroupBarrier();
  return total;
}

fn workgroupMax1(value: f32, local: u32) -> f32 {
  reduction1[local] = value;
  workgroupBarrier();
  if (local < 16u) {
    var partial = value;
    for (var i = local + 16u; i < WORKGROUP; i += 16u) {
      partial = larger1(partial, reduction1[i]);
    }
    reduction1[local] = partial;
  }
  workgroupBarrier();
  var greatest = reduction1[0];
  for (var i = 1u; i < 16u; i++) {
    greatest = larger1(greatest, reduction1[i]);
  }
  workgroupBarrier();
  return greatest;
}

fn workgroupMax2(value: vec2f, local: u32) -> vec2f {
  reduction2[local] = value;
  workgroupBarrier();
  if (local < 16u) {
    var partial = value;
    for (var i = local + 16u; i < WORKGROUP; i += 16u) {
      partial = larger2(partial, reduction2[i]);
    }
    reduction2[local] = partial;
  }
  workgroupBarrier();
  var greatest = reduction2[0];
  for (var i = 1u; i < 16u; i++) {
    greatest = larger2(greatest, reduction2[i]);
  }
  workgroupBarrier();
  return greatest;
}

fn workgroupMax4(value: vec4f, local: u32) -> vec4f {
  reduction4[local] = value;
  workgroupBarrier();
  if (local < 16u) {
    var partial = value;
    for (var i = local + 16u; i < WORKGROUP; i += 16u) {
      partial = larger4(partial, reduction4[i]);
    }
    reduction4[local] = partial;
  }
  workgroupBarrier();
  var greatest = reduction4[0];
  for (var i = 1u; i < 16u; i++) {
    greatest = larger4(greatest, reduction4[i]);
  }
  workgroupBarrier();
  return greatest;
}
