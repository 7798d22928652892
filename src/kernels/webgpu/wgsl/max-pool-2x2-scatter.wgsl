// dx for 2×2 windows side by side, of x with an even width: one invocation a window finds its maximum again and writes
// its four values, dy in one place and zeros in the others, as a pair in each row. If the height is odd there is one row
// of windows more, of which only zeros for the row that no window has are written. Limited by memory: 9 bytes an
// element. Beats max-pool-scatter.wgsl, which finds every maximum four times.

//!include grid

struct Params {
  windows: u32,
  height: u32,
  outHeight: u32,
  outWidth: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec2<T0>>;
@group(0) @binding(1) var<storage, read> dy: array<T1>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec2<T2>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

/// `a` comes first: it stays the maximum if the two are equal, or if it is NaN.
fn stays(a: f32, b: f32) -> bool {
  return isNan(a) || (a >= b && !isNan(b));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let window = workgroupNumber(workgroup) * 256u + local;
  if (window >= params.windows) {
    return;
  }
  let row = window / params.outWidth;
  let column = window % params.outWidth;
  let rows = (params.height + 1u) / 2u;
  let plane = row / rows;
  let i = row % rows;
  let at = (plane * params.height + 2u * i) * params.outWidth + column;
  if (i == params.outHeight) {
    dx[at] = vec2<T2>();
    return;
  }
  let a = vec2f(x[at]);
  let b = vec2f(x[at + params.outWidth]);
  let g = f32(dy[(plane * params.outHeight + i) * params.outWidth + column]);
  let leftOfA = stays(a.x, a.y);
  let leftOfB = stays(b.x, b.y);
  let inA = stays(select(a.y, a.x, leftOfA), select(b.y, b.x, leftOfB));
  let pair = select(vec2f(0.0, g), vec2f(g, 0.0), select(leftOfB, leftOfA, inA));
  dx[at] = vec2<T2>(select(vec2f(), pair, inA));
  dx[at + params.outWidth] = vec2<T2>(select(pair, vec2f(), inA));
}
