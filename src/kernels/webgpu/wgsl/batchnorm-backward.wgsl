// dx, dγ and dβ from the sums of batchnorm-backward-sums: every workgroup adds its channel's up for itself, in the same
// order. Limited by memory: 12 bytes a value.

//!include grid reduce channel normalise batchnorm-backward

struct Params {
  channels: u32,
  tiles: u32,
  plane: u32,
  count: u32,
  epsilon: f32,
  floor: f32,
}

@group(0) @binding(0) var<storage, read> x: array<$X>;
@group(0) @binding(1) var<storage, read> dy: array<$DY>;
@group(0) @binding(2) var<storage, read> sums: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<$DX>;
@group(0) @binding(4) var<storage, read_write> dgamma: array<T4>;
@group(0) @binding(5) var<storage, read_write> dbeta: array<T5>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.channels * params.tiles) {
    return;
  }
  let channel = number / params.tiles;
  let first = (number % params.tiles) * TILE;
  var partial = vec2f();
  for (var i = local; i < params.tiles; i += WORKGROUP) {
    partial += sums[channel * params.tiles + i].xy;
  }
  let totals = workgroupSum2(partial, local);
  if (first == 0u && local == 0u) {
    dbeta[channel] = T5(totals.x);
    dgamma[channel] = T4(totals.y);
  }
  let means = totals / f32(WIDTH * params.count);
  let known = sums[params.channels * params.tiles + channel];
  let c = Coefficients(known.x, known.y, known.z, known.w);
  for (var i = 0u; i < ITEMS; i++) {
    let at = first + i * WORKGROUP + local;
    if (at < params.count) {
      let address = addressOf(channel, at);
      dx[address] = $DX(inputGradient(Value(x[address]), Value(dy[address]), c, means));
    }
  }
}
