// y = γ·(x − mean)/√(variance + ε) + β, then max(0, ·) where `floor` is 0 and not −∞; one tile of one channel a workgroup.
// Where a channel is one tile (SINGLE), its statistics are taken here, from the registers: one dispatch, x read once.
// Else every workgroup merges the tiles' statistics for itself, which costs less than a dispatch in between. Limited
// by memory: 8 bytes a value, 12 with the first dispatch.

//!include grid reduce channel merge normalise

override SINGLE: bool;

struct Params {
  channels: u32,
  tiles: u32,
  plane: u32,
  count: u32,
  size: u32,
  tile: u32,
  epsilon: f32,
  floor: f32,
}

@group(0) @binding(0) var<storage, read> x: array<$X>;
@group(0) @binding(1) var<storage, read> gamma: array<T1>;
@group(0) @binding(2) var<storage, read> beta: array<T2>;
@group(0) @binding(3) var<storage, read> partials: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> y: array<$Y>;
@group(0) @binding(5) var<storage, read_write> mean: array<T5>;
@group(0) @binding(6) var<storage, read_write> variance: array<T6>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.channels * params.tiles) {
    return;
  }
  let channel = number / params.tiles;
  let first = (number % params.tiles) * TILE;
  var tile: Tile;
  for (var i = 0u; i < ITEMS; i++) {
    let at = first + i * WORKGROUP + local;
    if (at < params.count) {
      tile[i] = Value(x[addressOf(channel, at)]);
    }
  }
  var statistics: vec2f;
  if (SINGLE) {
    statistics = statisticsOf(&tile, 0u, local) / vec2f(1.0, sizeOfTile(0u));
  } else {
    statistics = mergedStatistics(channel, local);
  }
  if (first == 0u && local == 0u) {
    mean[channel] = T5(statistics.x);
    variance[channel] = T6(statistics.y);
  }
  let c = coefficientsOf(statistics.x, statistics.y, f32(gamma[channel]), f32(beta[channel]));
  for (var i = 0u; i < ITEMS; i++) {
    let at = first + i * WORKGROUP + local;
    if (at < params.count) {
      let value = normalised(tile[i], c);
      y[addressOf(channel, at)] = $Y(select(value, Value(), value < Value(params.floor)));
    }
  }
}
