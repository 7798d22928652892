// Maxima of 2×2 windows side by side, of x with an even width: one invocation a window reads a pair of each of its two
// rows, so that a subgroup reads whole cache lines. Every value is read once and nothing else is; limited by memory,
// 5 bytes an element of x. Beats max-pool.wgsl, whose four loads of a window each use half of a line.

//!include grid

struct Params {
  windows: u32,
  height: u32,
  outHeight: u32,
  outWidth: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec2<T0>>;
@group(0) @binding(1) var<storage, read_write> y: array<T1>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

/// NaN if one is, which WGSL's max leaves open.
fn larger(a: f32, b: f32) -> f32 {
  return select(b, a, isNan(a) || (a >= b && !isNan(b)));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let window = workgroupNumber(workgroup) * 256u + local;
  if (window >= params.windows) {
    return;
  }
  let row = window / params.outWidth;
  let upper = row / params.outHeight * params.height + 2u * (row % params.outHeight);
  let at = upper * params.outWidth + window % params.outWidth;
  let a = vec2f(x[at]);
  let b = vec2f(x[at + params.outWidth]);
  y[window] = T1(larger(larger(a.x, a.y), larger(b.x, b.y)));
}
