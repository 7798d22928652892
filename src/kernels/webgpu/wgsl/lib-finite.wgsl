// Told by its bits, since WGSL lets compilers assume that all numbers are finite.

fn isFinite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}
