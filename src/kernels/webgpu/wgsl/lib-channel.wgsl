// Batch statistics. A channel of x [N, C, plane] is one run of N·plane values, cut into tiles of 2048 Values (a Value is
// a float or, where the plane allows it, four); a workgroup holds its tile in registers. Mean and sum of squared
// deviations of a tile are taken in two passes over those registers: values far from zero keep the digits of their
// variance.
// The includer declares `params` with the fields channels, tiles, plane, count (Values a plane and a channel), and
// includes `reduce`.

const WORKGROUP = 256u;
const ITEMS = 8u;
const TILE = WORKGROUP * ITEMS;

alias Value = $VALUE;
alias Tile = array<Value, ITEMS>;

/// Floats in a Value.
const WIDTH = $WIDTHu;

fn total(x: Value) -> f32 {
  return $TOTAL;
}

/// Where Value i of a channel lies: (image·C + channel)·plane + i − image·plane.
fn addressOf(channel: u32, i: u32) -> u32 {
  let image = i / params.plane;
  return (image * (params.channels - 1u) + channel) * params.plane + i;
}

/// Floats in tile number `index` of a channel.
fn sizeOfTile(index: u32) -> f32 {
  return f32(WIDTH * min(params.count - index * TILE, TILE));
}

/// Mean and sum of squared deviations of tile number `index`.
fn statisticsOf(tile: ptr<function, Tile>, index: u32, local: u32) -> vec2f {
  let size = sizeOfTile(index);
  let valid = params.count - index * TILE;
  var sum = Value();
  for (var i = 0u; i < ITEMS; i++) {
    sum += select(Value(), (*tile)[i], i * WORKGROUP + local < valid);
  }
  let mean = workgroupSum1(total(sum), local) / size;
  var deviations = Value();
  var squares = Value();
  for (var i = 0u; i < ITEMS; i++) {
    let deviation = select(Value(), (*tile)[i] - mean, i * WORKGROUP + local < valid);
    deviations += deviation;
    squares += deviation * deviation;
  }
  let totals = workgroupSum2(vec2f(total(deviations), total(squares)), local);
  // The mean was rounded: what is left of the deviations corrects it.
  let correction = totals.x / size;
  return vec2f(mean + correction, totals.y - totals.x * correction);
}
