// The statistics of a channel from those of its tiles. The includer declares `partials`, array<vec2f>: mean and sum of
// squared deviations of every tile of every channel; it includes `channel` and `reduce`.

/// Mean and variance of a channel: the same in every workgroup that asks.
fn mergedStatistics(channel: u32, local: u32) -> vec2f {
  let first = channel * params.tiles;
  let size = f32(WIDTH * params.count);
  var sum = 0.0;
  for (var i = local; i < params.tiles; i += WORKGROUP) {
    sum += sizeOfTile(i) * partials[first + i].x;
  }
  let mean = workgroupSum1(sum, local) / size;
  var parts = vec2f();
  for (var i = local; i < params.tiles; i += WORKGROUP) {
    let weight = sizeOfTile(i);
    let tile = partials[first + i];
    let deviation = tile.x - mean;
    parts += vec2f(weight * deviation, tile.y + weight * deviation * deviation);
  }
  let totals = workgroupSum2(parts, local);
  let correction = totals.x / size;
  return vec2f(mean + correction, (totals.y - totals.x * correction) / size);
}
