// Power spectra of frames by the definition of the discrete Fourier transform, for lengths that `mel-fft` does not
// take. An invocation makes one bin of one frame: n multiplications of a sample, which its neighbours read as well,
// with a root of unity. Limited by loads: three a step.

//!include frame grid

struct Params {
  length: i32,
  frames: u32,
  hop: i32,
  padding: i32,
  reflect: u32,
  n: u32,
  bins: u32,
  count: u32,
}

@group(0) @binding(0) var<storage, read> samples: array<T0>;
@group(0) @binding(1) var<storage, read> window: array<T1>;
@group(0) @binding(2) var<storage, read> roots: array<vec2<T2>>;
@group(0) @binding(3) var<storage, read_write> spectra: array<T3>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = workgroupNumber(workgroup) * 64u + local;
  if (item >= params.count) {
    return;
  }
  let k = item % params.bins;
  let frame = (item / params.bins) % params.frames;
  let batch = i32(item / params.bins / params.frames);
  let start = i32(frame) * params.hop - params.padding;
  var sum = vec2f(0);
  var root = 0u;
  for (var t = 0u; t < params.n; t++) {
    let i = start + i32(t);
    let inside = i >= 0 && i < params.length;
    if (inside || params.reflect != 0u) {
      let at = select(mirrored(i, params.length), i, inside);
      sum += f32(samples[batch * params.length + at]) * f32(window[t]) * vec2f(roots[root]);
    }
    root += k;
    root -= select(0u, params.n, root >= params.n);
  }
  spectra[item] = T3(dot(sum, sum));
}
