// What the kernels of batchNormBackward share. Includes of `channel`, `normalise` and `reduce` stand beside it; `params` has
// `floor`: 0 where a rectifier followed the normalisation, else −∞.

/// dy where the rectifier let x through, with the same operations as forward.
fn passed(x: Value, dy: Value, c: Coefficients) -> Value {
  return select(dy, Value(), normalised(x, c) <= Value(params.floor));
}

/// Σdy and Σdy·x̂ over the workgroup's tile.
fn sumsOf(x: ptr<function, Tile>, dy: ptr<function, Tile>, c: Coefficients, valid: u32, local: u32) -> vec2f {
  var sum = Value();
  var product = Value();
  for (var i = 0u; i < ITEMS; i++) {
    if (i * WORKGROUP + local < valid) {
      let upstream = passed((*x)[i], (*dy)[i], c);
      sum += upstream;
      product += upstream * standardised((*x)[i], c);
    }
  }
  return workgroupSum2(vec2f(total(sum), total(product)), local);
}

/// γ/√(variance+ε)·(dy − Σdy/M − x̂·Σdy·x̂/M), given the two sums divided by M.
fn inputGradient(x: Value, dy: Value, c: Coefficients, means: vec2f) -> Value {
  return c.scale * (passed(x, dy, c) - means.x - standardised(x, c) * means.y);
}
