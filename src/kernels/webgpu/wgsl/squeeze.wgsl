// Squeeze-and-excitation forward, one workgroup an image: channel means, two small dense layers in workgroup memory,
// and the planes scaled by the gate. Reads x twice, the second time mostly from cache: 12 bytes an element. Beats the
// nine dispatches of its parts, each of which costs more to issue than to run.

//!include grid nan squeeze

@group(0) @binding(0) var<storage, read> x: array<$VECTOR_OF_X>;
@group(0) @binding(1) var<storage, read> w1: array<T1>;
@group(0) @binding(2) var<storage, read> b1: array<T2>;
@group(0) @binding(3) var<storage, read> w2: array<T3>;
@group(0) @binding(4) var<storage, read> b2: array<T4>;
@group(0) @binding(5) var<storage, read_write> y: array<$VECTOR_OF_Y>;
@group(0) @binding(6) var<storage, read_write> gate: array<T6>;

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
    if (channel < params.channels) {
      let plane = (image * params.channels + channel) * params.vectors;
      for (var i = member; i < params.vectors; i += TEAM) {
        sum += $VECTOR(x[plane + i]);
      }
    }
    let sums = teamSum(vec2f(total(sum), 0.0), local);
    if (channel < params.channels && member == 0u) {
      means[channel] = sums.x * params.perPlane;
    }
  }
  computeGates(local);
  for (var channel = local / TEAM; channel < params.channels; channel += 256u / TEAM) {
    let plane = (image * params.channels + channel) * params.vectors;
    for (var i = member; i < params.vectors; i += TEAM) {
      y[plane + i] = $VECTOR_OF_Y($VECTOR(x[plane + i]) * gates[channel]);
    }
  }
  for (var channel = local; channel < params.channels; channel += 256u) {
    gate[image * params.channels + channel] = T6(gates[channel]);
  }
}
