// partials[channel, tile] = mean and sum of squared deviations of one tile of one channel: the first of two dispatches
// of batchNorm and batchNormBlock where a channel has several tiles. Limited by memory: 4 bytes a value, read once;
// tiles of 8192 floats make 512 workgroups of 32 images of 16 channels of 64×128. Beats a workgroup a channel, which
// leaves most of the device idle, and Σx² − (Σx)²/n, which loses the variance of values far from zero.

//!include grid reduce channel

struct Params {
  channels: u32,
  tiles: u32,
  plane: u32,
  count: u32,
}

@group(0) @binding(0) var<storage, read> x: array<$X>;
@group(0) @binding(1) var<storage, read_write> partials: array<vec2f>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.channels * params.tiles) {
    return;
  }
  let channel = number / params.tiles;
  let index = number % params.tiles;
  var tile: Tile;
  for (var i = 0u; i < ITEMS; i++) {
    let at = index * TILE + i * WORKGROUP + local;
    if (at < params.count) {
      tile[i] = Value(x[addressOf(channel, at)]);
    }
  }
  let statistics = statisticsOf(&tile, index, local);
  if (local == 0u) {
    partials[number] = statistics;
  }
}
