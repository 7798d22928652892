// Weight gradient of a 3×3 convolution of stride 1: output channels × (input channel, tap), summed over the pixels of
// all images. So few weights do not fill a GPU: the sum is split, here over workgroups and again over the SLICES of
// each; conv2d-weight-sum adds up what workgroups leave, in order. No atomics: the same bits every time.
//
// An invocation owns the nine taps of one input channel for eight output channels: 72 sums in registers. A workgroup
// is CHANNELS × SLICES × OCTETS invocations. Each of its pieces is ITEMS strips of four pixels; what the strips meet
// of x (3 rows of 6 columns a channel) and their dy lie in workgroup memory. A strip makes 288 multiply-adds of 18 + 32
// words, the 32 the same for all channels (a broadcast); what is filled serves OCTETS or CHANNELS invocations.
//
// Limited by arithmetic for many channels; by reading dy once for one input channel. Two barriers a piece. Beats a
// workgroup for each weight, which reads all of x and dy for each, and a GEMM that gathers each pixel nine times.

//!include grid conv-row

struct Params {
  items: u32, // strips of four pixels in all images
  strips: u32, // in a row
  pieces: u32, // of a workgroup
  splits: u32,
  inHeight: u32,
  inWidth: u32,
  outHeight: u32,
  outWidth: u32,
  top: i32, // zeros above
  left: i32,
  groups: u32,
  groupIn: u32, // channels in a group
  groupOut: u32,
  blocksIn: u32, // of CHANNELS input channels
  blocksOut: u32, // of OCTETS·8 output channels
  stride: u32, // from one workgroup's sums to the next's
  skipStrips: u32, // ITEMS strips further is so many images, rows and strips further
  skipRows: u32,
  skipImages: u32,
}

const CHANNELS = $CHANNELSu;
const SLICES = $SLICESu;
const OCTETS = $OCTETSu;
const ITEMS = $ITEMSu;
const ALIGNED = $ALIGNED;
const THREADS = CHANNELS * SLICES * OCTETS;
const FILLERS = THREADS / ITEMS; // of one strip
const X_ROW = CHANNELS | 1u; // distance between strips of x; odd, against bank conflicts
const X_SIZE = 3u * ITEMS * X_ROW;

@group(0) @binding(0) var<storage, read> x: array<vec4<T0>>;
@group(0) @binding(1) var<storage, read> dy: array<$IN>;
@group(0) @binding(2) var<storage, read_write> sums: array<T2>;
@group(0) @binding($PARAMS) var<uniform> params: Params;

/// Four columns of x by (row, strip, channel), then dy by (channel, strip); at the end sums by (row of taps, slice).
var<workgroup> tile: array<vec4f, max(X_SIZE + OCTETS * 8u * ITEMS, 3u * THREADS)>;
/// The fifth and sixth column.
var<workgroup> tails: array<vec2f, X_SIZE>;

/// Four columns of dy; zeros after the end of the row, or everywhere if not `inside`.
fn loadGradient(at: u32, column: u32, inside: bool) -> vec4f {
  $LOAD
}

/// What the four pixels of a strip meet, a matrix each: columns are the rows of the kernel.
struct Met {
  p0: mat3x3f,
  p1: mat3x3f,
  p2: mat3x3f,
  p3: mat3x3f,
}

fn add(taps: ptr<function, mat3x3f>, gradient: vec4f, met: Met) {
  *taps += met.p0 * gradient.x;
  *taps += met.p1 * gradient.y;
  *taps += met.p2 * gradient.z;
  *taps += met.p3 * gradient.w;
}

/// Adds up slices, in order, for one output channel of each octet, and stores.
fn finish(taps: mat3x3f, octetChannel: u32, local: vec3u, group: u32, firstOut: u32, firstIn: u32, split: u32) {
  let lane = (local.z * SLICES + local.y) * CHANNELS + local.x;
  workgroupBarrier();
  tile[lane] = vec4f(taps[0], 0);
  tile[THREADS + lane] = vec4f(taps[1], 0);
  tile[2u * THREADS + lane] = vec4f(taps[2], 0);
  workgroupBarrier();
  for (var i = lane; i < OCTETS * CHANNELS * 3u; i += THREADS) {
    let u = i % 3u;
    let channel = firstIn + i / 3u % CHANNELS;
    let octet = i / (3u * CHANNELS);
    let out = firstOut + octet * 8u + octetChannel;
    if (channel < params.groupIn && out < params.groupOut) {
      var total = vec4f();
      for (var s = 0u; s < SLICES; s++) {
        total += tile[u * THREADS + (octet * SLICES + s) * CHANNELS + i / 3u % CHANNELS];
      }
      let at = split * params.stride + ((group * params.groupOut + out) * params.groupIn + channel) * 9u + u * 3u;
      sums[at] = T2(total.x);
      sums[at + 1u] = T2(total.y);
      sums[at + 2u] = T2(total.z);
    }
  }
}

@compute @workgroup_size(CHANNELS, SLICES, OCTETS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let split = workgroupNumber(workgroup);
  if (split >= params.splits) {
    return;
  }
  let part = workgroup.z / params.blocksIn;
  let firstIn = (workgroup.z - part * params.blocksIn) * CHANNELS;
  let group = part / params.blocksOut;
  let firstOut = (part - group * params.blocksOut) * OCTETS * 8u;

  // The strip that this invocation helps to fill.
  let lane = (local.z * SLICES + local.y) * CHANNELS + local.x;
  let filled = lane % ITEMS;
  let filler = lane / ITEMS;
  var item = split * params.pieces * ITEMS + filled;
  let line = item / params.strips;
  var strip = item - line * params.strips;
  var n = line / params.outHeight;
  var row = line - n * params.outHeight;
  let inPlane = params.inHeight * params.inWidth;
  let outPlane = params.outHeight * params.outWidth;

  var taps0 = mat3x3f();
  var taps1 = mat3x3f();
  var taps2 = mat3x3f();
  var taps3 = mat3x3f();
  var taps4 = mat3x3f();
  var taps5 = mat3x3f();
  var taps6 = mat3x3f();
  var taps7 = mat3x3f();
  for (var piece = 0u; piece < params.pieces; piece++) {
    workgroupBarrier();
    let image = n * params.groups + group;
    let inRow = i32(row) - params.top;
    let column = i32(strip * 4u) - params.left;
    let origin = i32((image * params.groupIn + firstIn) * inPlane) + inRow * i32(params.inWidth) + column;
    let outOrigin = (image * params.groupOut + firstOut) * outPlane + row * params.outWidth + strip * 4u;
    if (filler < FILLERS) {
      for (var slot = filler; slot < 3u * CHANNELS; slot += FILLERS) {
        let channel = slot % CHANNELS;
        let u = i32(slot / CHANNELS);
        let inImage = inRow + u >= 0 && inRow + u < i32(params.inHeight);
        let inside = item < params.items && inImage && firstIn + channel < params.groupIn;
        let loaded = loadRow(origin + i32(channel * inPlane) + u * i32(params.inWidth), column, inside);
        let at = (u32(u) * ITEMS + filled) * X_ROW + channel;
        tile[at] = loaded.head;
        tails[at] = loaded.tail;
      }
      for (var channel = filler; channel < OCTETS * 8u; channel += FILLERS) {
        let inside = item < params.items && firstOut + channel < params.groupOut;
        tile[X_SIZE + channel * ITEMS + filled] = loadGradient(outOrigin + channel * outPlane, strip * 4u, inside);
      }
    }
    workgroupBarrier();
    for (var i = local.y; i < ITEMS; i += SLICES) {
      let at = i * X_ROW + local.x;
      let a = tile[at];
      let b = tile[ITEMS * X_ROW + at];
      let c = tile[2u * ITEMS * X_ROW + at];
      let aTail = tails[at];
      let bTail = tails[ITEMS * X_ROW + at];
      let cTail = tails[2u * ITEMS * X_ROW + at];
      let met = Met(
        mat3x3f(a.xyz, b.xyz, c.xyz),
        mat3x3f(a.yzw, b.yzw, c.yzw),
        mat3x3f(vec3f(a.zw, aTail.x), vec3f(b.zw, bTail.x), vec3f(c.zw, cTail.x)),
        mat3x3f(vec3f(a.w, aTail), vec3f(b.w, bTail), vec3f(c.w, cTail)),
      );
      let gradients = X_SIZE + local.z * 8u * ITEMS + i;
      add(&taps0, tile[gradients], met);
      add(&taps1, tile[gradients + ITEMS], met);
      add(&taps2, tile[gradients + 2u * ITEMS], met);
      add(&taps3, tile[gradients + 3u * ITEMS], met);
      add(&taps4, tile[gradients + 4u * ITEMS], met);
      add(&taps5, tile[gradients + 5u * ITEMS], met);
      add(&taps6, tile[gradients + 6u * ITEMS], met);
      add(&taps7, tile[gradients + 7u * ITEMS], met);
    }
    item += ITEMS;
    strip += params.skipStrips;
    row += params.skipRows;
    n += params.skipImages;
    if (strip >= params.strips) {
      strip -= params.strips;
      row++;
    }
    if (row >= params.outHeight) {
      row -= params.outHeight;
      n++;
    }
  }
  var all = array<mat3x3f, 8>(taps0, taps1, taps2, taps3, taps4, taps5, taps6, taps7);
  for (var o = 0u; o < 8u; o++) {
    finish(all[o], o, local, group, firstOut, firstIn, split);
  }
}
