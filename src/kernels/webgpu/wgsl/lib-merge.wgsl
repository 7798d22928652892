// Mean and variance of a channel from those of its tiles, merged by the formula of Chan, Golub & LeVeque (1979) in one
// fixed order. The includer declares `partials`, array<vec2f>: mean and sum of squared deviations of every tile of every
// channel; `params` has tiles (a channel), tile (floats of all but the last), size (floats of a channel). Includes of
// `reduce` and a WORKGROUP stand beside it.

fn weightOf(tile: u32) -> f32 {
  return f32(min(params.size - tile * params.tile, params.tile));
}

/// The same in every workgroup that asks.
fn mergedStatistics(channel: u32, local: u32) -> vec2f {
  let first = channel * params.tiles;
  let size = f32(params.size);
  var sum = 0.0;
  for (var i = local; i < params.tiles; i += WORKGROUP) {
    sum += weightOf(i) * partials[first + i].x;
  }
  let mean = workgroupSum1(sum, local) / size;
  var parts = vec2f();
  for (var i = local; i < params.tiles; i += WORKGROUP) {
    let weight = weightOf(i);
    let tile = partials[first + i];
    let deviation = tile.x - mean;
    parts += vec2f(weight * deviation, tile.y + weight * deviation * deviation);
  }
  let totals = workgroupSum2(parts, local);
  // The mean was rounded: what is left of the deviations corrects it.
  let correction = totals.x / size;
  return vec2f(mean + correction, (totals.y - totals.x * correction) / size);
}
