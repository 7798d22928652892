// The functions of `lib-reduce.wgsl` with subgroup operations: each subgroup reduces its values in registers, then
// every invocation reduces the subgroups' results in order: two barriers instead of ten for 256 invocations. No
// width is assumed: it is counted, and one-dimensional workgroups are cut into subgroups in order.

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

/// Integers in the order of floats, NaN above all: the device's subgroupMax may lose NaN of floats.
fn keyOf4(x: vec4f) -> vec4u {
  let bits = bitcast<vec4u>(x);
  let negative = (bits >> vec4u(31u)) == vec4u(1u);
  let isNan = (bits & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
  return select(select(bits | vec4u(0x80000000u), ~bits, negative), vec4u(0xffffffffu), isNan);
}

fn ofKey4(key: vec4u) -> vec4f {
  let negative = (key >> vec4u(31u)) == vec4u(0u);
  return bitcast<vec4f>(select(key & vec4u(0x7fffffffu), ~key, negative));
}

/// Invocations in this subgroup.
fn subgroupWidth() -> u32 {
  let counts = countOneBits(subgroupBallot(true));
  return counts.x + counts.y + counts.z + counts.w;
}

fn workgroupSum1(value: f32, local: u32) -> f32 {
  let width = subgroupWidth();
  let partial = subgroupAdd(value);
  if (subgroupElect()) {
    reduction1[local / width] = partial;
  }
  workgroupBarrier();
  var total = reduction1[0];
  for (var i = 1u; i < WORKGROUP / width; i++) {
    total += reduction1[i];
  }
  workgroupBarrier();
  return total;
}

fn workgroupSum2(value: vec2f, local: u32) -> vec2f {
  let width = subgroupWidth();
  let partial = subgroupAdd(value);
  if (subgroupElect()) {
    reduction2[local / width] = partial;
  }
  workgroupBarrier();
  var total = reduction2[0];
  for (var i = 1u; i < WORKGROUP / width; i++) {
    total += reduction2[i];
  }
  workgroupBarrier();
  return total;
}

fn workgroupSum4(value: vec4f, local: u32) -> vec4f {
  let width = subgroupWidth();
  let partial = subgroupAdd(value);
  if (subgroupElect()) {
    reduction4[local / width] = partial;
  }
  workgroupBarrier();
  var total = reduction4[0];
  for (var i = 1u; i < WORKGROUP / width; i++) {
    total += reduction4[i];
  }
  workgroupBarrier();
  return total;
}

fn workgroupMax1(value: f32, local: u32) -> f32 {
  return workgroupMax4(vec4f(value), local).x;
}

fn workgroupMax2(value: vec2f, local: u32) -> vec2f {
  return workgroupMax4(value.xyxy, local).xy;
}

fn workgroupMax4(value: vec4f, local: u32) -> vec4f {
  let width = subgroupWidth();
  let partial = subgroupMax(keyOf4(value));
  if (subgroupElect()) {
    reduction4[local / width] = ofKey4(partial);
  }
  workgroupBarrier();
  var greatest = reduction4[0];
  for (var i = 1u; i < WORKGROUP / width; i++) {
    greatest = larger4(greatest, reduction4[i]);
  }
  workgroupBarrier();
  return greatest;
}
