// to[i] = from[i], four vec4s an invocation, a workgroup's neighbours side by side: what memory can do.

override workgroupsX: u32;

@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let start = (workgroup.y * workgroupsX + workgroup.x) * 1024u + local;
  for (var i = 0u; i < 4u; i++) {
    let at = start + i * 256u;
    if (at < arrayLength(&source)) {
      target_[at] = source[at];
    }
  }
}
