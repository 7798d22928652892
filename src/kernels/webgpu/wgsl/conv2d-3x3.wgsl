// 3×3 convolution of stride 1, and its input gradient: the same with the weights turned round and their two channel
// axes exchanged. An implicit GEMM over (channel, tap) in which the nine taps share what was read for them.
//
// An invocation owns an item, 4 columns × ROWS rows of one image, and 4·QUADS output channels: up to 64 sums in
// registers. Items are numbered row by row through all images, so that no width wastes more than the end of a strip.
// A workgroup is ITEMS items × LANES groups of channels. It goes through the input DEPTH channels at a time: what
// each item sees of them, ROWS + 2 rows of 6 columns, and their weights lie in workgroup memory in between.
//
// Limited by arithmetic for many channels. With 2 rows and 2 quads: 576 multiply-adds a channel from 24 + 72 words of
// workgroup memory, of which the weights are the same for neighbouring invocations (one broadcast); a GEMM of the
// same registers, 8 × 8, needs 144 distinct words for them. With one input channel limited by memory: 16-byte
// stores, each value written once, nothing else of that size. Two barriers a DEPTH channels.
// Beats steps 1–3 of bench/gpu/steps: for a block of 4·QUADS·LANES channels (mostly all) a word of x is read 6/4 ·
// (ROWS + 2)/ROWS times, mostly from the cache, and its address is computed once for an item.

//!include grid conv-row conv-taps

struct Params {
  items: u32,
  strips: u32, // of 4 columns, in a row
  bands: u32, // of ROWS rows, in an image
  inHeight: u32,
  inWidth: u32,
  outHeight: u32,
  outWidth: u32,
  top: i32, // zeros above
  left: i32,
  groups: u32,
  groupIn: u32, // channels in a group
  groupOut: u32,
  blocks: u32, // of output channels, in a group
  weightOut: u32, // distance of weights from one output channel to the next
  weightIn: u32,
  firstTap: i32,
  tapStep: i32,
  hasBias: u32,
  rectify: u32,
  depth: u32, // DEPTH: known too late to unroll a body that is long already
}

const ITEMS = $ITEMSu;
const LANES = $LANESu;
const DEPTH = $DEPTHu;
const ROWS = $ROWSu;
const QUADS = $QUADSu;
const ALIGNED = $ALIGNED;
const ROWS_IN = ROWS + 2u;
const SLOTS = DEPTH * ROWS_IN;
/// Distance of the weights of one tap from those of the next, in vec4s; odd, against bank conflicts.
const WEIGHT_ROW = (LANES * QUADS) | 1u;

@group(0) @binding(0) var<storage, read> x: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read> weight: array<T1>;
@group(0) @binding(2) var<storage, read> bias: array<T2>;
@group(0) @binding(3) var<storage, read_write> y: array<$OUT>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

/// Six columns for an item: four here, two in `tails`.
var<workgroup> heads: array<vec4f, SLOTS * ITEMS>;
var<workgroup> tails: array<vec2f, SLOTS * ITEMS>;
/// Four output channels in a vec4.
var<workgroup> weights: array<vec4f, DEPTH * 9u * WEIGHT_ROW>;

/// Four columns from `column` on, which is at `at`.
fn store(at: u32, column: u32, values: vec4f) {
  $STORE
}

/// Bias, rectifier and store of four columns of one channel, counted within its group.
fn finish(sums: vec4f, at: u32, column: u32, group: u32, channel: u32) {
  if (channel >= params.groupOut) {
    return;
  }
  var values = sums;
  if (params.hasBias != 0u) {
    values += f32(bias[group * params.groupOut + channel]);
  }
  if (params.rectify != 0u) {
    values = select(values, vec4f(0), values < vec4f(0));
  }
  store(at, column, values);
}

fn finishQuad(sums: mat4x4f, at: u32, column: u32, group: u32, channel: u32) {
  let plane = params.outHeight * params.outWidth;
  finish(sums[0], at, column, group, channel);
  finish(sums[1], at + plane, column, group, channel + 1u);
  finish(sums[2], at + 2u * plane, column, group, channel + 2u);
  finish(sums[3], at + 3u * plane, column, group, channel + 3u);
}

@compute @workgroup_size(ITEMS, LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let firstItem = workgroupNumber(workgroup) * ITEMS;
  if (firstItem >= params.items) {
    return;
  }
  let item = firstItem + local.x;
  let exists = item < params.items;
  let band = item / params.strips;
  let n = band / params.bands;
  let row = (band - n * params.bands) * ROWS;
  let column = (item - band * params.strips) * 4u;
  let group = workgroup.z / params.blocks;
  let firstChannel = (workgroup.z - group * params.blocks) * LANES * QUADS * 4u;

  let inPlane = params.inHeight * params.inWidth;
  let inRow = i32(row) - params.top;
  let inColumn = i32(column) - params.left;
  let image = i32((n * params.groups + group) * params.groupIn * inPlane);
  let origin = image + inRow * i32(params.inWidth) + inColumn;
  let weightFrom = group * params.groupIn * params.groupOut * 9u;
  let lane = local.y * ITEMS + local.x;

  var sums: Sums;
  for (var c = 0u; c < params.groupIn; c += DEPTH) {
    workgroupBarrier();
    for (var i = 0u; i < SLOTS; i += LANES) {
      let slot = i + local.y;
      if (slot < SLOTS) {
        let channel = c + slot / ROWS_IN;
        let r = i32(slot % ROWS_IN);
        let inside = exists && inRow + r >= 0 && inRow + r < i32(params.inHeight);
        let loaded = loadRow(origin + i32(channel * inPlane) + r * i32(params.inWidth), inColumn, inside);
        heads[slot * ITEMS + local.x] = loaded.head;
        tails[slot * ITEMS + local.x] = loaded.tail;
      }
    }
    for (var i = lane; i < DEPTH * 9u * LANES * QUADS; i += ITEMS * LANES) {
      let quad = i / (DEPTH * 9u);
      let tapOfChannel = i % (DEPTH * 9u);
      let t = params.firstTap + i32(tapOfChannel % 9u) * params.tapStep;
      let o = firstChannel + quad * 4u;
      let at = weightFrom + o * params.weightOut + (c + tapOfChannel / 9u) * params.weightIn + u32(t);
      weights[tapOfChannel * WEIGHT_ROW + quad] = vec4f(
        select(0.0, f32(weight[at]), o < params.groupOut),
        select(0.0, f32(weight[at + params.weightOut]), o + 1u < params.groupOut),
        select(0.0, f32(weight[at + 2u * params.weightOut]), o + 2u < params.groupOut),
        select(0.0, f32(weight[at + 3u * params.weightOut]), o + 3u < params.groupOut),
      );
    }
    workgroupBarrier();
    for (var d = 0u; d < params.depth; d++) {
      let at = d * ROWS_IN * ITEMS + local.x;
      let first = Row(heads[at], tails[at]);
      let second = Row(heads[at + ITEMS], tails[at + ITEMS]);
      let third = Row(heads[at + 2u * ITEMS], tails[at + 2u * ITEMS]);
      var last = third;
      if (ROWS == 2u) {
        last = Row(heads[at + 3u * ITEMS], tails[at + 3u * ITEMS]);
      }
      let w = d * 9u * WEIGHT_ROW + local.y * QUADS;
      taps(&sums, w, first, second);
      taps(&sums, w + 3u * WEIGHT_ROW, second, third);
      taps(&sums, w + 6u * WEIGHT_ROW, third, last);
    }
  }

  if (!exists) {
    return;
  }
  let channel = firstChannel + local.y * QUADS * 4u;
  let outPlane = params.outHeight * params.outWidth;
  let outChannel = (n * params.groups + group) * params.groupOut + channel;
  let at = outChannel * outPlane + row * params.outWidth + column;
  finishQuad(sums.a, at, column, group, channel);
  if (QUADS == 2u) {
    finishQuad(sums.b, at + 4u * outPlane, column, group, channel + 4u);
  }
  if (ROWS == 2u && row + 1u < params.outHeight) {
    finishQuad(sums.c, at + params.outWidth, column, group, channel);
    if (QUADS == 2u) {
      finishQuad(sums.d, at + params.outWidth + 4u * outPlane, column, group, channel + 4u);
    }
  }
}
