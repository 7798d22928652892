// Mel power spectra of frames, for transforms of N = 8 … 2048 samples, a power of two. A workgroup takes 2048/N frames
// at once: window, transform, power and mel sums in one pass, with everything in workgroup memory (13 KiB).
//
// N real samples are N/2 complex ones (even samples real, odd ones imaginary), so each frame's error is relative to
// that frame alone. Stockham's self-sorting radix-4 passes (C. Van Loan, "Computational Frameworks for the Fast
// Fourier Transform", 1992, section 1.7): an invocation reads its four values N/8 apart, and after a barrier writes
// them where the next pass wants them; a last radix-2 pass where N/2 is not a power of 4. Roots of unity come from a
// table: WGSL promises too little of sin and cos.
//
// Limited by barriers and workgroup memory: 256 samples are three radix-4 passes and one radix-2, 8 barriers for 8
// frames. It beats the definition (`mel-dft`) by n/2 / log₂ n in arithmetic.

//!include frame

override N: u32;

struct Params {
  length: i32,
  frames: u32,
  hop: i32,
  padding: i32,
  reflect: u32,
  bands: u32,
  width: u32,
}

@group(0) @binding(0) var<storage, read> samples: array<T0>;
@group(0) @binding(1) var<storage, read> window: array<T1>;
@group(0) @binding(2) var<storage, read> roots: array<vec2<T2>>;
@group(0) @binding(3) var<storage, read> firstBin: array<i32>;
@group(0) @binding(4) var<storage, read> weights: array<T4>;
@group(0) @binding(5) var<storage, read_write> output: array<T5>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

/// N/2 complex values of each frame, frame after frame.
var<workgroup> values: array<vec2f, 1024>;
/// N/2 + 1 powers of each frame.
var<workgroup> power: array<f32, 1280>;

/// e^(−2πi·k/N)
fn root(k: u32) -> vec2f {
  return vec2f(roots[k]);
}

fn times(a: vec2f, b: vec2f) -> vec2f {
  return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

fn windowed(batch: i32, frame: u32, t: u32) -> f32 {
  let i = i32(frame) * params.hop + i32(t) - params.padding;
  let inside = i >= 0 && i < params.length;
  let at = select(mirrored(i, params.length), i, inside);
  let x = f32(samples[batch * params.length + at]) * f32(window[t]);
  return select(0.0, x, frame < params.frames && (inside || params.reflect != 0u));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let half = N / 2u;
  let quarter = half / 4u;
  let perGroup = 2048u / N;
  let own = local / quarter;
  let i = local % quarter;
  let base = own * half;
  let frame = workgroup.x * perGroup + own;
  let batch = i32(workgroup.y);

  var v: array<vec2f, 4>;
  for (var m = 0u; m < 4u; m++) {
    let t = 2u * (i + m * quarter);
    v[m] = vec2f(windowed(batch, frame, t), windowed(batch, frame, t + 1u));
  }
  var stride = 1u;
  for (var span = half; span >= 4u; span /= 4u) {
    if (stride > 1u) {
      for (var m = 0u; m < 4u; m++) {
        v[m] = values[base + i + m * quarter];
      }
      workgroupBarrier();
    }
    let p = i / stride;
    let step = N / span;
    let sum02 = v[0] + v[2];
    let difference02 = v[0] - v[2];
    let sum13 = v[1] + v[3];
    // −i·(v₁ − v₃)
    let turned13 = vec2f(v[1].y - v[3].y, v[3].x - v[1].x);
    let to = base + (i % stride) + 4u * stride * p;
    values[to] = sum02 + sum13;
    values[to + stride] = times(difference02 + turned13, root(p * step));
    values[to + 2u * stride] = times(sum02 - sum13, root(2u * p * step));
    values[to + 3u * stride] = times(difference02 - turned13, root(3u * p * step));
    stride *= 4u;
    workgroupBarrier();
  }
  if (stride < half) {
    let a = vec4f(values[base + i], values[base + i + quarter]);
    let b = vec4f(values[base + i + stride], values[base + i + stride + quarter]);
    workgroupBarrier();
    let sum = a + b;
    let difference = a - b;
    values[base + i] = sum.xy;
    values[base + i + quarter] = sum.zw;
    values[base + i + stride] = difference.xy;
    values[base + i + stride + quarter] = difference.zw;
    workgroupBarrier();
  }

  // Spectra of even and odd samples, E and O, from the one of both; then X[k] = E[k] + e^(−2πi·k/N)·O[k].
  for (var k = i; k <= half; k += quarter) {
    let z = values[base + k % half];
    let y = values[base + (half - k) % half];
    let even = 0.5 * vec2f(z.x + y.x, z.y - y.y);
    let odd = 0.5 * vec2f(z.y + y.y, y.x - z.x);
    let x = even + times(odd, root(k));
    power[own * (half + 1u) + k] = dot(x, x);
  }
  workgroupBarrier();

  for (var item = local; item < params.bands * perGroup; item += 256u) {
    let band = item / perGroup;
    let one = item % perGroup;
    let column = workgroup.x * perGroup + one;
    if (column < params.frames) {
      let first = u32(firstBin[band]);
      var sum = 0.0;
      for (var j = 0u; j < min(params.width, half + 1u - first); j++) {
        sum += f32(weights[band * params.width + j]) * power[one * (half + 1u) + first + j];
      }
      output[(workgroup.y * params.bands + band) * params.frames + column] = T5(sum);
    }
  }
}
