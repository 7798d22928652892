// Flat numbers of workgroups and invocations in the grids that `grid()` of kernel.ts lays out: one axis may not
// have more than 65,535 workgroups, so longer ones are folded at 32,768.

fn workgroupNumber(workgroup: vec3u) -> u32 {
  return workgroup.y * 32768u + workgroup.x;
}
