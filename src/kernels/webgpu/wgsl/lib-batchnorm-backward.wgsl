// What the kernels of batchNormBackward share. Includes of `channel` and `reduce` stand beside it; `params` has
// `floor`: 0 where a rectifier followed the normalisation, else −∞.

/// Of one channel: what normalises it, and γ/√(variance+ε) and β.
struct Coefficients {
  mean: f32,
  inverse: f32,
  scale: f32,
  offset: f32,
}

fn coefficientsOf(mean: f32, variance: f32, gamma: f32, beta: f32) -> Coefficients {
  let inverse = 1.0 / sqrt(variance + params.epsilon);
  return Coefficients(mean, inverse, gamma * inverse, beta);
}

/// dy where the rectifier let x through, with the same operations as forward.
fn passed(x: Value, dy: Value, c: Coefficients) -> Value {
  let value = fma(x - c.mean, Value(c.scale), Value(c.offset));
  return select(dy, Value(), value <= Value(params.floor));
}

/// Σdy and Σdy·x̂ over the workgroup's tile.
fn sumsOf(x: ptr<function, Tile>, dy: ptr<function, Tile>, c: Coefficients, valid: u32, local: u32) -> vec2f {
  var sum = Value();
  var product = Value();
  for (var i = 0u; i < ITEMS; i++) {
    if (i * WORKGROUP + local < valid) {
      let upstream = passed((*x)[i], (*dy)[i], c);
      sum += upstream;
      product += upstream * (((*x)[i] - c.mean) * c.inverse);
    }
  }
  return workgroupSum2(vec2f(total(sum), total(product)), local);
}

/// γ/√(variance+ε)·(dy − Σdy/M − x̂·Σdy·x̂/M), given the two sums divided by M.
fn inputGradient(x: Value, dy: Value, c: Coefficients, means: vec2f) -> Value {
  return c.scale * (passed(x, dy, c) - means.x - ((x - c.mean) * c.inverse) * means.y);
}
