// The second pass of weight gradients: adds up what the workgroups of the first left, always in the same order. A
// workgroup is COLUMNS neighbouring vec4s × 256/COLUMNS sections of the splits: each section is summed from its
// first to its last, then the sections are. Sections are there for many loads to be under way at once. Limited by
// memory, mostly the second-level cache: 4 bytes a weight and split.

//!include grid

struct Params {
  vectors: u32, // of weights
  splits: u32,
  stride: u32, // from one split to the next, in vec4s
  section: u32, // splits in a section
}

override COLUMNS: u32;
const THREADS = 256u;

@group(0) @binding(0) var<storage, read> sums: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read_write> gradient: array<vec4<T1>>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

var<workgroup> sections: array<vec4f, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let column = workgroupNumber(workgroup) * COLUMNS + local % COLUMNS;
  let first = local / COLUMNS * params.section;
  var total = vec4f();
  if (column < params.vectors) {
    let end = min(first + params.section, params.splits);
    for (var split = first; split < end; split++) {
      total += vec4f(sums[split * params.stride + column]);
    }
  }
  sections[local] = total;
  workgroupBarrier();
  if (local < COLUMNS && column < params.vectors) {
    for (var s = local + COLUMNS; s < THREADS; s += COLUMNS) {
      total += sections[s];
    }
    gradient[column] = vec4<T1>(total);
  }
}
