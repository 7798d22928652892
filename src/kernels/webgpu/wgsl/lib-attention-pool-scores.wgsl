// The first half of attention pooling backward: for all positions of an image, the gradient of the scores,
// ds = w·(dw − Σ dw·w) with dw = gᵀ·x. Where several workgroups share an image each does this for itself: it is little
// work beside the rest, and a dispatch less. The including source binds `g`, has `lanes` in its `params` and
// includes `attention-pool` before.

fn storeDx(row: u32, v: u32, value: vec4f) {
  let start = startOf(row, v);
  var rest = value;
  for (var i = 0u; i < countOf(v); i++) {
    dx[start + i] = $VECTOR_OF_DX($FIRST);
    rest = rest.yzwx;
  }
}

/// Fills saved[scores + head·vectors + v] and, for one of the workgroups of an image, saved[sums + head] with Σ ds.
fn computeScoreGradients(image: u32, scores: u32, sums: u32, storesSums: bool, local: u32) {
  let lanes = params.lanes;
  for (var head = 0u; head < params.heads; head++) {
    let row = image * params.heads + head;
    let place = scores + head * params.vectors;
    var product = vec4f();
    for (var firstVector = 0u; firstVector < params.vectors; firstVector += lanes) {
      let v = firstVector + local % lanes;
      let end = select(0u, params.features, v < params.vectors);
      var part = vec4f();
      for (var f = local / lanes; f < end; f += 256u / lanes) {
        let feature = image * params.features + f;
        part += f32(g[feature * params.heads + head]) * xAt(feature, v);
      }
      let dWeights = sumOverSlices(part, lanes, local);
      if (local < lanes && v < params.vectors) {
        saved[place + v] = dWeights;
        product += dWeights * weightsAt(row, v, 0.0);
      }
    }
    let mean = dot(teamSum(product, lanes, local), vec4f(1));
    let end = select(0u, params.vectors, local < lanes);
    for (var v = local; v < end; v += lanes) {
      saved[place + v] = weightsAt(row, v, 0.0) * (saved[place + v] - mean);
    }
  }
  storageBarrier();
  let end = select(0u, params.heads, storesSums);
  for (var head = local; head < end; head += 256u) {
    var sum = vec4f();
    for (var v = 0u; v < params.vectors; v++) {
      sum += saved[scores + head * params.vectors + v];
    }
    saved[sums + head] = vec4f(dot(sum, vec4f(1)), 0.0, 0.0, 0.0);
  }
}
