/** Transposing into packed panels. */

/** [rows][count], rows `rowBytes` apart → [count][4], `toBytes` apart, with zeros for missing rows. */
export function transpose4(to: usize, from: usize, rowBytes: usize, rows: i32, count: i32, toBytes: usize): void {
  let i = 0;
  if (rows >= 4) {
    for (; i + 4 <= count; i += 4) {
      const p = from + (<usize>i << 2);
      const a = v128.load(p);
      const b = v128.load(p + rowBytes);
      const c = v128.load(p + 2 * rowBytes);
      const d = v128.load(p + 3 * rowBytes);
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
      to += toBytes;
      v128.store(to, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
      to += toBytes;
      v128.store(to, v128.shuffle<f32>(AB, CD, 0, 1, 4, 5));
      to += toBytes;
      v128.store(to, v128.shuffle<f32>(AB, CD, 2, 3, 6, 7));
      to += toBytes;
    }
  }
  for (; i < count; i++, to += toBytes) {
    const p = from + (<usize>i << 2);
    for (let j = 0; j < 4; j++) {
      store<f32>(to + (<usize>j << 2), j < rows ? load<f32>(p + <usize>j * rowBytes) : 0);
    }
  }
}

/** [rows][count] → [count][8], with zeros for missing rows. */
export function transpose8(to: usize, from: usize, rowBytes: usize, rows: i32, count: i32): void {
  transpose4(to, from, rowBytes, rows, count, 32);
  transpose4(to + 16, from + 4 * rowBytes, rowBytes, rows - 4, count, 32);
}
