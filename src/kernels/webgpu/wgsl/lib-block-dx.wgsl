// dx of batchNormBlock: γ/√(variance + ε)·(dy − Σdy/M − x̂·Σdy·x̂/M) with dy only where a window took its value. The
// includer binds `dx` and includes `block-backward`. `means` are the two sums over M.

fn writeGradient(channel: u32, block: u32, c: Coefficients, means: vec2f, local: u32) {
  var draw = Draw(NOWHERE, vec4u());
  for (var run = (block * WORKGROUP + local) * RUN; run < params.windows; run += params.blocks * WORKGROUP * RUN) {
    for (var i = run; i < min(run + RUN, params.windows); i++) {
      let window = windowOf(channel, i);
      var upstream = Value();
      var place = Index(NOWHERE);
      if (isComplete(window)) {
        upstream = upstreamOf(window, channel, &draw);
        place = greatestOf(window, c).place;
      }
      for (var u = 0u; u < PH; u++) {
        if (window.row * PH + u < params.height) {
          let at = window.x + u * params.stride;
          var row = loadRow(at);
          for (var v = 0u; v < PW; v++) {
            let here = select(Value(), upstream, place == Index(u * PW + v));
            row[v] = c.scale * (here - means.x - standardised(row[v], c) * means.y);
          }
          $STORE
        }
      }
    }
  }
}
