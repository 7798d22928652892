// The gate of squeeze-and-excitation of one image, for `squeeze` and `squeeze-backward`: one workgroup of 256, 16
// invocations a channel, so that reads are contiguous. Everything of the image but its planes is in workgroup memory.

/// At least the channels and the hidden units: room in workgroup memory.
const ROOM = $ROOMu;
/// Invocations that add up a channel together.
const TEAM = 16u;

struct Params {
  images: u32,
  vectors: u32, // of a plane
  channels: u32,
  hidden: u32,
  perPlane: f32, // 1 / elements of a plane
}

@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> partial: array<vec2f, 256>;
var<workgroup> means: array<f32, ROOM>;
/// Of dy·x; only in backward.
var<workgroup> products: array<f32, ROOM>;
var<workgroup> hidden: array<f32, ROOM>;
var<workgroup> gates: array<f32, ROOM>;

fn total(v: $VECTOR) -> f32 {
  return $TOTAL;
}

/// Sums of the team's pairs, the same for every member.
fn teamSum(value: vec2f, local: u32) -> vec2f {
  partial[local] = value;
  workgroupBarrier();
  let first = local - local % TEAM;
  var sum = vec2f();
  for (var i = 0u; i < TEAM; i++) {
    sum += partial[first + i];
  }
  workgroupBarrier();
  return sum;
}

/// From `means` to `hidden` and `gates`, with the weights w1, b1, w2, b2 that the including source binds.
fn computeGates(local: u32) {
  workgroupBarrier();
  for (var k = local; k < params.hidden; k += 256u) {
    var z = f32(b1[k]);
    for (var c = 0u; c < params.channels; c++) {
      z += f32(w1[k * params.channels + c]) * means[c];
    }
    hidden[k] = select(z, 0.0, z < 0.0);
  }
  workgroupBarrier();
  for (var c = local; c < params.channels; c += 256u) {
    var z = f32(b2[c]);
    for (var k = 0u; k < params.hidden; k++) {
      z += f32(w2[c * params.hidden + k]) * hidden[k];
    }
    // exp of a large number is infinite, and 1 over it 0, as it should be.
    gates[c] = 1.0 / (1.0 + exponentialOrNan(-z));
  }
  workgroupBarrier();
}
