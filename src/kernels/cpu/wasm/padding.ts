/**
 * Copies rows of an image into scratch with zeros around them, so that kernels need no checks at borders.
 *
 * The copy is [channels][rows][phases][pitch]: with horizontal stride s there are s phases, phase f holding columns
 * f, f+s, f+2s …, so that neighbouring outputs read neighbouring values whatever the stride. `stuff` − 1 zeros are put
 * between neighbouring values (rows and columns): the input gradient of a strided convolution is a convolution of dy
 * spread out like that.
 */

/**
 * @param top  row of the spread-out image that lands in row 0; negative: above the image.
 * @param left zeros left of the image; negative: columns cut off.
 */
export function padPlanes(
  to: usize, from: usize, channels: i32, height: i32, width: i32, top: i32, left: i32,
  rows: i32, phases: i32, pitch: i32, stuffH: i32, stuffW: i32,
): void {
  const rowBytes = (<usize>(phases * pitch)) << 2;
  const planeBytes = (<usize>(height * width)) << 2;
  for (let c = 0; c < channels; c++) {
    for (let r = 0; r < rows; r++) {
      const y = top + r;
      const row = stuffH == 1 ? y : y / stuffH;
      if (y < 0 || row >= height || row * stuffH != y) {
        clear(to, phases * pitch);
      } else if (phases == 1 && stuffW == 1) {
        copyRow(to, from + ((<usize>(row * width)) << 2), width, left, pitch);
      } else {
        spreadRow(to, from + ((<usize>(row * width)) << 2), width, left, phases, pitch, stuffW);
      }
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

function spreadRow(
  to: usize, from: usize, width: i32, left: i32, phases: i32, pitch: i32, stuff: i32,
): void {
  for (let f = 0; f < phases; f++) {
    let x = f - left;
    for (let c = 0; c < pitch; c++, x += phases, to += 4) {
      const column = stuff == 1 ? x : x / stuff;
      const inside = x >= 0 && column < width && column * stuff == x;
      store<f32>(to, inside ? load<f32>(from + ((<usize>column) << 2)) : 0);
    }
  }
}
