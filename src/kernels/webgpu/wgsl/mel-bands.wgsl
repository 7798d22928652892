// Sums of power spectra [frames, bins] over the bins of each band, to [bands, frames]. A value an invocation; bands
// overlap by half, so each power is read twice.

//!include grid

struct Params {
  bands: u32,
  width: u32,
  frames: u32,
  bins: u32,
  count: u32,
}

@group(0) @binding(0) var<storage, read> spectra: array<T0>;
@group(0) @binding(1) var<storage, read> firstBin: array<i32>;
@group(0) @binding(2) var<storage, read> weights: array<T2>;
@group(0) @binding(3) var<storage, read_write> output: array<T3>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = workgroupNumber(workgroup) * 64u + local;
  if (item >= params.count) {
    return;
  }
  let frame = item % params.frames;
  let band = (item / params.frames) % params.bands;
  let batch = item / params.frames / params.bands;
  let first = u32(firstBin[band]);
  let row = (batch * params.frames + frame) * params.bins;
  var sum = 0.0;
  for (var j = 0u; j < min(params.width, params.bins - first); j++) {
    sum += f32(weights[band * params.width + j]) * f32(spectra[row + first + j]);
  }
  output[item] = T3(sum);
}
