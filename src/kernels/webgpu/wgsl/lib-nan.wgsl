// Where x is NaN, from its bits: compilers may take `x != x` for false.

fn isNan4(x: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

// e^x, and NaN where x is NaN: WGSL's own may then give any number, and one does (SwiftShader: Infinity).
fn exponentialOrNan(x: f32) -> f32 {
  return select(exp(x), x, (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u);
}

fn exponentialOrNan4(x: vec4f) -> vec4f {
  return select(exp(x), x, isNan4(x));
}
