// partials[slot] = Σx² over chunks of 2048 elements of tensors of any sizes. A workgroup takes one chunk:
// it finds its tensor among the first chunks of all (the same in every invocation, so the choice does not diverge),
// eight elements an invocation, then a sum over the workgroup. Slots are in the order of tensors and chunks however
// many tensors a dispatch takes, so the sum does not depend on the device's limits. Limited by memory, 4 bytes an
// element; beats a square, a sum and an addition for each tensor, which are 12 bytes an element and 3 dispatches.

const WORKGROUP = 256u;
const CHUNK = 512u; // in vec4s

//!include grid reduce many

struct Params {
  chunks: u32,
  // Where the first chunk of this dispatch leaves its sum.
  slot: u32,
  // Of each tensor: number of its first chunk; elements.
  firstChunks: array<vec4u, 4>,
  counts: array<vec4u, 4>,
}

@group(0) @binding($TENSORS) var<storage, read_write> partials: array<f32>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let chunk = workgroupNumber(workgroup);
  if (chunk >= params.chunks) {
    return;
  }
  var tensor = 0u;
  for (var k = 1u; k < $TENSORSu; k++) {
    tensor += select(0u, 1u, chunk >= params.firstChunks[k / 4u][k % 4u]);
  }
  let count = params.counts[tensor / 4u][tensor % 4u];
  let first = (chunk - params.firstChunks[tensor / 4u][tensor % 4u]) * CHUNK + local;
  var squares = vec4f();
  for (var i = first; i < first - local + CHUNK; i += WORKGROUP) {
    if (4u * i < count) {
      let x = load(tensor, i);
      // Behind the end of the tensor, in the last vec4, there may be anything.
      squares += select(vec4f(), x * x, vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(count));
    }
  }
  let sum = workgroupSum1((squares.x + squares.y) + (squares.z + squares.w), local);
  if (local == 0u) {
    partials[params.slot + chunk] = sum;
  }
}
