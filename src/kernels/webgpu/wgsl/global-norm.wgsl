// norm = √Σ partials, or NaN where the loss or the norm of the step before is not finite. One workgroup: there is a
// partial sum for every 2048 parameters. Numbers that are not finite are told by their bits and written as bits, since
// WGSL lets compilers assume that there are none.

const WORKGROUP = 256u;
const NAN = 0x7fc00000u;

//!include reduce finite

struct Params {
  partials: u32,
}

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read> loss: array<T1>;
@group(0) @binding(2) var<storage, read> previous: array<T2>;
@group(0) @binding(3) var<storage, read_write> norm: array<u32>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var mine = 0.0;
  for (var i = local; i < params.partials; i += WORKGROUP) {
    mine += partials[i];
  }
  let sum = workgroupSum1(mine, local);
  if (local == 0u) {
    var bits = bitcast<u32>(sum);
    if (isFinite(sum)) {
      bits = bitcast<u32>(sqrt(sum));
    }
    norm[0] = select(NAN, bits, isFinite(f32(loss[0])) && isFinite(f32(previous[0])));
  }
}
