// Dropout of whole channels: elements [unit·size, (unit + 1)·size) share the fate of their unit, size ≥ 2. A workgroup
// takes 4096 elements in a row, draws the Philox blocks of their units (eight units each) once into shared memory, and
// looks the units up from there; units may begin in the middle of a vec4. Limited by memory: 8 bytes an element, one
// barrier. Beats drawing for every vec4, which is 60 instructions an element.

//!include grid philox

const VECTORS = 1024u;

struct Params {
  vectors: u32,
  size: u32,
  threshold: u32,
  step: u32,
  stream: u32,
  keyLow: u32,
  keyHigh: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<T1>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

// 4096 elements reach into at most 4096/(8·2) + 2 blocks.
var<workgroup> blocks: array<vec4u, 258>;

fn isDropped(unit: u32, firstBlock: u32) -> bool {
  let word = blocks[unit / 8u - firstBlock][unit % 4u];
  return ((word >> (4u * (unit & 4u))) & 0xffffu) < params.threshold;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = workgroupNumber(workgroup) * VECTORS;
  let end = min(first + VECTORS, params.vectors);
  let firstBlock = 4u * first / params.size / 8u;
  let blockCount = select(0u, (4u * end - 1u) / params.size / 8u + 1u - firstBlock, first < end);
  for (var i = local; i < blockCount; i += 256u) {
    let counter = vec4u(firstBlock + i, params.step, params.stream, 0u);
    blocks[i] = philox4x32(counter, vec2u(params.keyLow, params.keyHigh));
  }
  workgroupBarrier();
  for (var i = first + local; i < end; i += 256u) {
    var unit = 4u * i / params.size;
    var left = (unit + 1u) * params.size - 4u * i;
    var dropped = vec4<bool>(isDropped(unit, firstBlock));
    if (left < 4u) {
      // The vec4 goes on into other units.
      for (var lane = 1u; lane < 4u; lane++) {
        if (lane == left) {
          unit++;
          left += params.size;
        }
        dropped[lane] = isDropped(unit, firstBlock);
      }
    }
    y[i] = vec4<T1>(select(vec4f(x[i]) * params.scale, vec4f(), dropped));
  }
}
