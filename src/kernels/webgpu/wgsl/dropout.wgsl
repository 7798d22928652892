// Dropout of single elements: one invocation takes the eight elements that one Philox block decides on, four lower
// halves of its words and then four upper ones, so that no random word is drawn twice. Nothing is remembered: backward
// draws the same again. About 35 integer instructions an element beside 8 bytes of memory, near the balance of a large
// GPU; beats writing a mask and reading it twice.

//!include grid philox

struct Params {
  vectors: u32,
  threshold: u32,
  step: u32,
  stream: u32,
  keyLow: u32,
  keyHigh: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<T1>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

/// A dropped NaN is 0, so it is chosen rather than multiplied.
fn drop(values: vec4f, bits: vec4u) -> vec4<T1> {
  return vec4<T1>(select(values * params.scale, vec4f(), bits < vec4u(params.threshold)));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let block = workgroupNumber(workgroup) * 256u + local;
  let i = 2u * block;
  if (i >= params.vectors) {
    return;
  }
  let counter = vec4u(block, params.step, params.stream, 0u);
  let words = philox4x32(counter, vec2u(params.keyLow, params.keyHigh));
  y[i] = drop(vec4f(x[i]), words & vec4u(0xffffu));
  if (i + 1u < params.vectors) {
    y[i + 1u] = drop(vec4f(x[i + 1u]), words >> vec4u(16u));
  }
}
