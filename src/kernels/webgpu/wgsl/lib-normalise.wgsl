// Normalising a Value, in the same instructions forward and backward: backward recomputes what the rectifier let through
// and must find the same. The includer's `params` has `epsilon`.

/// Of one channel: what normalises it, γ/√(variance + ε) and β.
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

/// x̂ = (x − mean)/√(variance + ε).
fn standardised(x: Value, c: Coefficients) -> Value {
  return (x - c.mean) * c.inverse;
}

/// γ·x̂ + β.
fn normalised(x: Value, c: Coefficients) -> Value {
  return fma(x - c.mean, Value(c.scale), Value(c.offset));
}
