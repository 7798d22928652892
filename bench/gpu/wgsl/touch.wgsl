// Next to nothing, and what the next dispatch must wait for: what a dispatch costs at least.

@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  target_[id.x] = target_[id.x] + source[id.x];
}
