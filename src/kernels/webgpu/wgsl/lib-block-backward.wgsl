// Gradients of batchNormBlock. The includer binds `x`, `dy` and `dx`, and includes `block`.

/// Whether the window is one of y's: in dx, incomplete ones at the edges are visited too.
fn isComplete(window: Window) -> bool {
  return window.row < params.rows && window.column < params.columns;
}

/// What reaches the window's greatest value.
fn upstreamOf(window: Window, channel: u32, draw: ptr<function, Draw>) -> Value {
  let value = params.keepScale * Value(dy[window.y]);
  return select(value, Value(), dropped(window, channel, draw));
}

/// Σdy and Σdy·x̂ over the windows of a workgroup, where x̂ is that of each window's greatest value.
fn sumsOf(channel: u32, block: u32, c: Coefficients, local: u32) -> vec2f {
  var draw = Draw(NOWHERE, vec4u());
  var sum = Value();
  var product = Value();
  for (var run = (block * WORKGROUP + local) * RUN; run < params.windows; run += params.blocks * WORKGROUP * RUN) {
    for (var i = run; i < min(run + RUN, params.windows); i++) {
      let window = windowOf(channel, i);
      if (isComplete(window)) {
        let best = greatestOf(window, c);
        let upstream = select(upstreamOf(window, channel, &draw), Value(), best.place == Index(NOWHERE));
        sum += upstream;
        product += upstream * standardised(best.x, c);
      }
    }
  }
  return workgroupSum2(vec2f(total(sum), total(product)), local);
}
