// batchNormBackward in one dispatch where a channel is one tile: x and dy are read once, into registers. Limited by
// memory: 12 bytes a value. It binds nine buffers: for devices that allow more than WebGPU's default of eight.

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
@group(0) @binding(6) var<storage, read_write> dx: array<$DX>;
@group(0) @binding(7) var<storage, read_write> dgamma: array<T7>;
@group(0) @binding(8) var<storage, read_write> dbeta: array<T8>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = workgroupNumber(workgroup);
  if (channel >= params.channels) {
    return;
  }
  var xs: Tile;
  var dys: Tile;
  for (var i = 0u; i < ITEMS; i++) {
    let at = i * WORKGROUP + local;
    if (at < params.count) {
      xs[i] = Value(x[addressOf(channel, at)]);
      dys[i] = Value(dy[addressOf(channel, at)]);
    }
  }
  let c = coefficientsOf(f32(mean[channel]), f32(variance[channel]), f32(gamma[channel]), f32(beta[channel]));
  let totals = sumsOf(&xs, &dys, c, params.count, local);
  if (local == 0u) {
    dbeta[channel] = T8(totals.x);
    dgamma[channel] = T7(totals.y);
  }
  let means = totals / f32(WIDTH * params.count);
  for (var i = 0u; i < ITEMS; i++) {
    let at = i * WORKGROUP + local;
    if (at < params.count) {
      dx[addressOf(channel, at)] = $DX(inputGradient(xs[i], dys[i], c, means));
    }
  }
}
