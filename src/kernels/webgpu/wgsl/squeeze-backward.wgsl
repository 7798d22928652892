// Squeeze-and-excitation backward for one image a workgroup: with z the sum before the sigmoid and s the means,
// dz = (Σ dy·x)·g·(1−g); dh = W₂ᵀ·dz where h > 0; dx = dy·g + W₁ᵀ·dh/(H·W). The gate is computed again from x. What
// the gradients of the weights need of each image (s, dz, h, dh) is kept for `squeeze-weights`. Reads x once and dy
// twice, the second time mostly from cache: 16 bytes an element.

//!include grid nan squeeze

@group(0) @binding(0) var<storage, read> x: array<$VECTOR_OF_X>;
@group(0) @binding(1) var<storage, read> dy: array<$VECTOR_OF_DY>;
@group(0) @binding(2) var<storage, read> w1: array<T2>;
@group(0) @binding(3) var<storage, read> b1: array<T3>;
@group(0) @binding(4) var<storage, read> w2: array<T4>;
@group(0) @binding(5) var<storage, read> b2: array<T5>;
@group(0) @binding(6) var<storage, read_write> dx: array<$VECTOR_OF_DX>;
// Image by image: means, dz, hidden, dHidden.
@group(0) @binding(7) var<storage, read_write> saved: array<f32>;

var<workgroup> dHidden: array<f32, ROOM>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let image = workgroupNumber(workgroup);
  if (image >= params.images) {
    return;
  }
  let member = local % TEAM;
  for (var first = 0u; first < params.channels; first += 256u / TEAM) {
    let channel = first + local / TEAM;
    var sum = $VECTOR();
    var product = $VECTOR();
    if (channel < params.channels) {
      let plane = (image * params.channels + channel) * params.vectors;
      for (var i = member; i < params.vectors; i += TEAM) {
        let value = $VECTOR(x[plane + i]);
        sum += value;
        product += value * $VECTOR(dy[plane + i]);
      }
    }
    let sums = teamSum(vec2f(total(sum), total(product)), local);
    if (channel < params.channels && member == 0u) {
      means[channel] = sums.x * params.perPlane;
      products[channel] = sums.y;
    }
  }
  computeGates(local);

  // products becomes dz.
  for (var c = local; c < params.channels; c += 256u) {
    products[c] *= gates[c] * (1.0 - gates[c]);
  }
  workgroupBarrier();
  let place = image * 2u * (params.channels + params.hidden);
  for (var k = local; k < params.hidden; k += 256u) {
    var sum = 0.0;
    for (var c = 0u; c < params.channels; c++) {
      sum += f32(w2[c * params.hidden + k]) * products[c];
    }
    let gradient = select(0.0, sum, hidden[k] > 0.0);
    dHidden[k] = gradient;
    saved[place + 2u * params.channels + k] = hidden[k];
    saved[place + 2u * params.channels + params.hidden + k] = gradient;
  }
  workgroupBarrier();
  for (var c = local; c < params.channels; c += 256u) {
    saved[place + c] = means[c];
    saved[place + params.channels + c] = products[c];
    var sum = 0.0;
    for (var k = 0u; k < params.hidden; k++) {
      sum += f32(w1[k * params.channels + c]) * dHidden[k];
    }
    // means becomes what each element of the channel gets through its mean.
    means[c] = sum * params.perPlane;
  }
  workgroupBarrier();
  for (var channel = local / TEAM; channel < params.channels; channel += 256u / TEAM) {
    let plane = (image * params.channels + channel) * params.vectors;
    for (var i = member; i < params.vectors; i += TEAM) {
      dx[plane + i] = $VECTOR_OF_DX($VECTOR(dy[plane + i]) * gates[channel] + means[channel]);
    }
  }
}
