// sums[channel, tile] = Σdy, Σdy·x̂ over one tile of one channel, with dy set to 0 where the rectifier cut: the first of
// two dispatches of batchNormBackward. Behind them, for each channel, what the second dispatch computes with: it then
// needs few enough buffers for any device. Limited by memory: 8 bytes a value.

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
@group(0) @binding(2) var<storage, read> gamma: array<T2>;
@group(0) @binding(3) var<storage, read> beta: array<T3>;
@group(0) @binding(4) var<storage, read> mean: array<T4>;
@group(0) @binding(5) var<storage, read> variance: array<T5>;
@group(0) @binding(6) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let number = workgroupNumber(workgroup);
  if (number >= params.channels * params.tiles) {
    return;
  }
  let channel = number / params.tiles;
  let first = (number % params.tiles) * TILE;
  var xs: Tile;
  var dys: Tile;
  for (var i = 0u; i < ITEMS; i++) {
    let at = first + i * WORKGROUP + local;
    if (at < params.count) {
      xs[i] = Value(x[addressOf(channel, at)]);
      dys[i] = Value(dy[addressOf(channel, at)]);
    }
  }
  let c = coefficientsOf(f32(mean[channel]), f32(variance[channel]), f32(gamma[channel]), f32(beta[channel]));
  let partial = sumsOf(&xs, &dys, c, params.count - first, local);
  if (local == 0u) {
    sums[number] = vec4f(partial, 0.0, 0.0);
    if (first == 0u) {
      sums[params.channels * params.tiles + channel] = vec4f(c.mean, c.inverse, c.scale, c.offset);
    }
  }
}
