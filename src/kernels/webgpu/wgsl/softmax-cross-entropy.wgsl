// loss = scale·Σₙ Σ_c targets[n, c]·(log Σ exp(x − m) − (x[n, c] − m)) with m the greatest of row n, by one workgroup:
// `lanes` invocations share a row, one alone takes rows of up to 4 classes. Limited by the dispatch itself: batches
// are small. Beats log-softmax, product, sums and scaling, which are five dispatches.

//!include nan rows

/// The lowest finite value: WGSL has no way to write −∞.
const LOWEST = -3.4028234e38;

struct Params {
  rows: u32,
  length: u32,
  lanes: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> logits: array<T0>;
@group(0) @binding(1) var<storage, read> targets: array<T1>;
@group(0) @binding(2) var<storage, read_write> loss: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  let lanes = params.lanes;
  let lane = local % lanes;
  var losses = 0.0;
  for (var firstRow = 0u; firstRow < params.rows; firstRow += 256u / lanes) {
    let row = firstRow + local / lanes;
    let first = row * params.length;
    let end = select(0u, params.length, row < params.rows);
    var highest = LOWEST;
    for (var i = lane; i < end; i += lanes) {
      highest = max(f32(logits[first + i]), highest);
    }
    let greatest = rowMax(highest, lanes, local);
    var share = 0.0;
    for (var i = lane; i < end; i += lanes) {
      share += exponentialOrNan(f32(logits[first + i]) - greatest);
    }
    let logSum = log(rowSum(share, lanes, local));
    for (var i = lane; i < end; i += lanes) {
      losses += f32(targets[first + i]) * (logSum - (f32(logits[first + i]) - greatest));
    }
  }
  let total = rowSum(losses, 256u, local);
  if (local == 0u) {
    loss[0] = T2(total * params.scale);
  }
}
