// Windows of batchNormBlock: what a window of x [N, C, H, W] comes to, found from x alone, forward and backward. A Value
// is one window or, where the widths allow it, four side by side; a workgroup stays within one channel, and an
// invocation takes RUN windows in a row, which share a draw of eight random numbers. The includer binds `x`, and
// includes `normalise` and `philox`.

const PH = $PHu;
const PW = $PWu;
const RUN = 8u / WIDTH;
/// No value of a window is above zero.
const NOWHERE = 0xffffffffu;

/// Column v of every window of a Value.
alias Row = array<Value, PW>;
alias Index = $INDEX;
alias Mask = $MASK;

/// x, y and dy count in what they are bound as: floats or vec4s.
struct Params {
  channels: u32,
  /// See lib-channel and lib-merge.
  tiles: u32,
  plane: u32,
  count: u32,
  size: u32,
  tile: u32,
  /// Rows of x, and x from one to the next.
  height: u32,
  stride: u32,
  /// Rows and columns of y.
  rows: u32,
  columns: u32,
  /// Rows and columns of windows that are visited, and how many windows that is a channel: in dx, incomplete ones too.
  lines: u32,
  across: u32,
  windows: u32,
  /// Workgroups a channel.
  blocks: u32,
  /// Of dropout; see ops.ts.
  threshold: u32,
  perChannel: u32,
  step: u32,
  stream: u32,
  key: vec2u,
  epsilon: f32,
  keepScale: f32,
}

struct Window {
  image: u32,
  row: u32,
  column: u32,
  /// Where it begins in x; where its value lies in y.
  x: u32,
  y: u32,
}

/// The greatest rectified value of a window, the x it came from, and its place, row by row.
struct Greatest {
  value: Value,
  x: Value,
  place: Index,
}

/// The random words drawn last, and which they are.
struct Draw {
  block: u32,
  words: vec4u,
}

fn windowOf(channel: u32, i: u32) -> Window {
  let line = i / params.across;
  let column = i % params.across;
  let image = line / params.lines;
  let row = line % params.lines;
  let plane = image * params.channels + channel;
  return Window(
    image,
    row,
    column,
    (plane * params.height + row * PH) * params.stride + column * PW,
    (plane * params.rows + row) * params.columns + column,
  );
}

fn loadRow(at: u32) -> Row {
  var row: Row;
  $LOAD
  return row;
}

fn isNan(x: Value) -> Mask {
  return (bitcast<Index>(x) & Index(0x7fffffffu)) > Index(0x7f800000u);
}

/// The first of equals, and the first NaN if there is one, as maxPool2d.
fn greatestOf(window: Window, c: Coefficients) -> Greatest {
  var best = Greatest(Value(), Value(), Index(NOWHERE));
  for (var u = 0u; u < PH; u++) {
    let row = loadRow(window.x + u * params.stride);
    for (var v = 0u; v < PW; v++) {
      let value = normalised(row[v], c);
      let better = (value > best.value) | (isNan(value) & !isNan(best.value));
      best.value = select(best.value, value, better);
      best.x = select(best.x, row[v], better);
      best.place = select(best.place, Index(u * PW + v), better);
    }
  }
  return best;
}

/// Which units of y are dropped.
fn dropped(window: Window, channel: u32, draw: ptr<function, Draw>) -> Mask {
  if (params.threshold == 0u) {
    return Mask(false);
  }
  let perChannel = params.perChannel != 0u;
  let unit = select(window.y * WIDTH, window.image * params.channels + channel, perChannel);
  if ((unit >> 3u) != (*draw).block) {
    (*draw).block = unit >> 3u;
    (*draw).words = philox4x32(vec4u(unit >> 3u, params.step, params.stream, 0u), params.key);
  }
  let words = (*draw).words;
  let halves = select(words >> vec4u(16u), words & vec4u(0xffffu), (unit & 4u) == 0u);
  if (perChannel) {
    return Mask(halves[unit & 3u] < params.threshold);
  }
  return $DROPPED;
}
