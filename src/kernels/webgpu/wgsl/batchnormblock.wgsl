// y = dropout(maxPool2d(max(0, γ·x̂ + β))) in one pass over x: neither what was normalised nor a mask is ever stored.
// Where a channel is one tile (SINGLE) its statistics are taken here, else merged from batchnorm-statistics. Limited
// by memory: with 2×2 windows 5 bytes a value of x, 9 with the statistics. The three ops apart move 19 and keep two
// images for backward. Philox, about 300 instructions for eight outputs, hides behind the loads.

//!include grid reduce channel merge normalise philox block

override SINGLE: bool;

@group(0) @binding(0) var<storage, read> x: array<$X>;
@group(0) @binding(1) var<storage, read> gamma: array<T1>;
@group(0) @binding(2) var<storage, read> beta: array<T2>;
@group(0) @binding(3) var<storage, read> partials: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> y: array<$Y>;
@group(0) @binding(5) var<storage, read_write> mean: array<T5>;
@group(0) @binding(6) var<storage, read_write> variance: array<T6>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

fn ownStatistics(channel: u32, local: u32) -> vec2f {
  var tile: Tile;
  for (var i = 0u; i < ITEMS; i++) {
    let at = i * WORKGROUP + local;
    if (at < params.count) {
      tile[i] = Value(x[addressOf(channel, at)]);
    }
  }
  return statisticsOf(&tile, 0u, local) / vec2f(1.0, sizeOfTile(0u));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.channels * params.blocks) {
    return;
  }
  let channel = number / params.blocks;
  let block = number % params.blocks;
  var statistics: vec2f;
  if (SINGLE) {
    statistics = ownStatistics(channel, local);
  } else {
    statistics = mergedStatistics(channel, local);
  }
  if (block == 0u && local == 0u) {
    mean[channel] = T5(statistics.x);
    variance[channel] = T6(statistics.y);
  }
  let c = coefficientsOf(statistics.x, statistics.y, f32(gamma[channel]), f32(beta[channel]));
  var draw = Draw(NOWHERE, vec4u());
  for (var run = (block * WORKGROUP + local) * RUN; run < params.windows; run += params.blocks * WORKGROUP * RUN) {
    for (var i = run; i < min(run + RUN, params.windows); i++) {
      let window = windowOf(channel, i);
      let value = params.keepScale * greatestOf(window, c).value;
      y[window.y] = $Y(select(value, Value(), dropped(window, channel, &draw)));
    }
  }
}
