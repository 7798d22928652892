/**
 * Copies rows of an image into scratch with zeros around them, so that kernels need no checks at borders.
 *
 * The copy is [channels][rows][phases][pitch]: with horizontal stride s there are s phases, phase f holding columns
 * f, f+s, f+2s …, so that neighbouring outputs read neighbouring values whatever the stride.
 */

/**
 * @param top  row of the image that lands in row 0; negative: above the image.
 * @param left zeros left of the image; negative: columns cut off.
 */
export function padPlanes(
  to: usize, from: usize, channels: i32, height: i32, width: i32, top: i32, left: i32,
  rows: i32, phases: i32, pitch: i32,
): void {
  const rowBytes = (<usize>(phases * pitch)) << 2;
  const planeBytes = (<usize>(height * width)) << 2;
  for (let c = 0; c < channels; c++) {
    for (let r = 0; r < rows; r++) {
      const row = top + r;
      if (row < 0 || row >= height) clear(to, phases * pitch);
      else if (phases == 1) copyRow(to, from + ((<usize>(row * width)) << 2), width, left, pitch);
      else if (phases == 2) halveRow(to, from + ((<usize>(row * width)) << 2), width, left, pitch);
      else splitRow(to, from + ((<usize>(row * width)) << 2), width, left, phases, pitch);
      to += rowBytes;
    }
    from += planeBytes;
  }
}

// @ts-ignore: decorator
@inline
function clear(to: usize, count: i32): void {
  const zero = f32x4.splat(0);
  const end = to + ((<usize>count) << 2);
  for (; to + 16 <= end; to += 16) v128.store(to, zero);
  for (; to < end; to += 4) store<f32>(to, 0);
}

// @ts-ignore: decorator
@inline
function copyRow(to: usize, from: usize, width: i32, left: i32, pitch: i32): void {
  const zeros = min(max(left, 0), pitch);
  const cut = max(-left, 0);
  const count = max(0, min(width - cut, pitch - zeros));
  clear(to, zeros);
  to += (<usize>zeros) << 2;
  from += (<usize>cut) << 2;
  const end = to + ((<usize>count) << 2);
  for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
  for (; to < end; to += 4, from += 4) store<f32>(to, load<f32>(from));
  clear(to, pitch - zeros - count);
}

function splitRow(to: usize, from: usize, width: i32, left: i32, phases: i32, pitch: i32): void {
  for (let f = 0; f < phases; f++) {
    // Column c of the phase is column c·phases + shift of the image; it exists for first ≤ c < end.
    const shift = f - left;
    const first = min(pitch, shift < 0 ? (phases - 1 - shift) / phases : 0);
    const end = min(pitch, max(first, (width - shift + phases - 1) / phases));
    clear(to, first);
    let c = first;
    let at = from + (<usize>(c * phases + shift) << 2);
    for (; c < end; c++, at += <usize>phases << 2) store<f32>(to + (<usize>c << 2), load<f32>(at));
    clear(to + (<usize>end << 2), pitch - end);
    to += <usize>pitch << 2;
  }
}

/** `splitRow` for two phases, both at once. */
// @ts-ignore: decorator
@inline
function halveRow(to: usize, from: usize, width: i32, left: i32, pitch: i32): void {
  const odd = (<usize>pitch) << 2;
  // Pairs of columns that both exist: first ≤ c < end.
  const first = min(pitch, max(0, (left + 1) >> 1));
  const end = min(pitch, max(first, (width + left) >> 1));
  let c = 0;
  for (; c < first; c++, to += 4) storePair(to, odd, from, width, 2 * c - left);
  let at = from + ((<usize>(2 * c - left)) << 2);
  for (; c + 4 <= end; c += 4, to += 16, at += 32) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    v128.store(to, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
    v128.store(to + odd, v128.shuffle<f32>(a, b, 1, 3, 5, 7));
  }
  for (; c < pitch; c++, to += 4) storePair(to, odd, from, width, 2 * c - left);
}

// @ts-ignore: decorator
@inline
function storePair(to: usize, odd: usize, from: usize, width: i32, x: i32): void {
  store<f32>(to, <u32>x < <u32>width ? load<f32>(from + ((<usize>x) << 2)) : 0);
  store<f32>(to + odd, <u32>(x + 1) < <u32>width ? load<f32>(from + ((<usize>(x + 1)) << 2)) : 0);
}
