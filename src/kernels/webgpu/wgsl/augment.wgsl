// Training windows from recordings that lie in device memory: cut, level and tilt, noise, masks, mixup, all in one
// pass. An invocation makes four elements of a window; with mixup it makes those of the partner as well, which costs
// arithmetic and a cached read but no second dispatch and no memory between. Noise takes one Philox block for four
// elements (two where the window's first word does not begin a block): some 60 integer instructions an element.
// Limited by them; memory: 8 bytes an element read and 4 written. It beats making windows on the host and uploading
// them: 4 bytes an element over the bus each step, after some 7 ns an element of one core (wasm/augment.ts).
//
// OUTPUT and WRITE: vec4s, or single values where a window is not a whole number of vec4s.

//!include philox

struct Params {
  bands: u32,
  frames: u32,
  columns: u32,
  frequencyMasks: u32,
  timeMasks: u32,
  gain: u32,
  noise: u32,
  mixup: u32,
  step: u32,
  stream: u32,
  key: vec2u,
}

@group(0) @binding(0) var<storage, read> recordings: array<T0>;
@group(0) @binding(1) var<storage, read> plan: array<i32>;
@group(0) @binding(2) var<storage, read> levels: array<T2>;
@group(0) @binding(3) var<storage, read_write> output: array<$OUTPUT>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

// Columns of the plan and, of three float32 each, of the levels: see window-plan.ts.
const OFFSET = 0u;
const FRAMES = 1u;
const START = 2u;
const PARTNER = 3u;
const NOISE_WORD = 4u;
const MASKS = 5u;
const LEVEL = 0u;
const TILT = 3u;
const NOISE_SCALE = 6u;
const SHARE = 9u;

fn planned(row: u32, column: u32) -> u32 {
  return u32(plan[row * params.columns + column]);
}

fn level(row: u32, column: u32) -> f32 {
  return f32(levels[row * 12u + column]);
}

/// Centred sums of the bytes of four random words, from word number `first` on.
fn noise(row: u32, first: u32) -> vec4f {
  let block = first / 4u;
  var words = philox4x32(vec4u(block, params.step, params.stream, row), params.key);
  let skipped = first % 4u;
  if (skipped != 0u) {
    let next = philox4x32(vec4u(block + 1u, params.step, params.stream, row), params.key);
    if (skipped == 1u) {
      words = vec4u(words.yzw, next.x);
    } else if (skipped == 2u) {
      words = vec4u(words.zw, next.xy);
    } else {
      words = vec4u(words.w, next.xyz);
    }
  }
  let odd = (words >> vec4u(8u)) & vec4u(0x00ff00ffu);
  let pairs = (words & vec4u(0x00ff00ffu)) + odd;
  let sums = (pairs & vec4u(0xffffu)) + (pairs >> vec4u(16u));
  return vec4f(vec4i(sums) - vec4i(510));
}

fn masked(row: u32, band: u32, frame: u32) -> bool {
  var hit = false;
  for (var i = 0u; i < params.frequencyMasks + params.timeMasks; i++) {
    let place = select(frame, band, i < params.frequencyMasks);
    // Unsigned: what lies before the mask is far behind its end.
    hit = hit || place - planned(row, MASKS + 2u * i) < planned(row, MASKS + 2u * i + 1u);
  }
  return hit;
}

/// Four elements of a window before mixing.
fn varied(row: u32, element: u32) -> vec4f {
  let offset = planned(row, OFFSET);
  let length = planned(row, FRAMES);
  let start = planned(row, START);
  let last = params.bands * params.frames - 1u;
  let ramp = 2.0 / f32(max(params.bands, 2u) - 1u);
  var random = vec4f(0);
  if (params.noise != 0u) {
    random = noise(row, planned(row, NOISE_WORD) + element) * level(row, NOISE_SCALE);
  }
  var value = vec4f(0);
  for (var i = 0u; i < 4u; i++) {
    let place = min(element + i, last);
    let band = place / params.frames;
    let frame = place % params.frames;
    var x = f32(recordings[offset + band * length + (start + frame) % length]);
    if (params.gain != 0u) {
      let position = select(0.0, f32(band) * ramp - 1.0, params.bands > 1u);
      x += level(row, LEVEL) + level(row, TILT) * position;
    }
    if (params.noise != 0u) {
      x += random[i];
    }
    value[i] = select(x, 0.0, masked(row, band, frame));
  }
  return value;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroup.y;
  let size = params.bands * params.frames;
  let element = (workgroup.x * 256u + local) * 4u;
  if (element >= size) {
    return;
  }
  var value = varied(row, element);
  if (params.mixup != 0u) {
    let share = level(row, SHARE);
    // Shares next to 1 are told apart by their second part.
    let rest = (1.0 - share) - level(row, SHARE + 1u);
    value = share * value + rest * varied(planned(row, PARTNER), element);
  }
  $WRITE
}
