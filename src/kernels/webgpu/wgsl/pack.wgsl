// output[start[k] + i] = scale[k]·input_k[i] for tensors of different sizes, and zeros up to the next start. One
// invocation a vec4 of the output finds its tensor among the starts by counting: at most a dozen comparisons, and all
// invocations of a workgroup but the few at a boundary choose the same. Limited by memory: 8 bytes an element. Beats a
// copy a tensor, which for the thirty gradients of a small network costs thirty dispatches.

//!include grid many

struct Params {
  // Of the output, counted in vec4s: where this dispatch begins and ends.
  first: u32,
  end: u32,
  // First vec4 and number of elements of each tensor.
  starts: array<vec4u, 4>,
  counts: array<vec4u, 4>,
  scales: array<vec4f, 4>,
}

@group(0) @binding($TENSORS) var<storage, read_write> output: array<vec4f>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = params.first + workgroupNumber(workgroup) * 64u + local;
  if (at >= params.end) {
    return;
  }
  var tensor = 0u;
  for (var k = 1u; k < $TENSORSu; k++) {
    tensor += select(0u, 1u, at >= params.starts[k / 4u][k % 4u]);
  }
  let i = 4u * (at - params.starts[tensor / 4u][tensor % 4u]);
  let count = params.counts[tensor / 4u][tensor % 4u];
  let scale = params.scales[tensor / 4u][tensor % 4u];
  var value = vec4f();
  for (var lane = 0u; lane < 4u; lane++) {
    if (i + lane < count) {
      value[lane] = scale * load(tensor, i + lane);
    }
  }
  output[at] = value;
}
