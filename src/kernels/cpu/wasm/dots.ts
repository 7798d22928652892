/** Matrix times vector: products are added one after the other, so a row has the same bits alone and among others. */
import { storeFirst } from './lanes';

/** y[r] = Σ_k matrix[r][k]·vector[k] for `count` rows of `depth` values. Four rows go together, a lane each. */
export function rowsTimesVector(y: usize, matrix: usize, vector: usize, count: i32, depth: i32): void {
  const rowBytes = <usize>depth << 2;
  const vectorEnd = vector + ((<usize>depth & ~3) << 2);
  const rest = depth & 3;
  let row = matrix;
  for (let i = 0; i < count; i += 4, y += 16) {
    // Missing rows are the last one again.
    const last = <usize>(min(4, count - i) - 1);
    let p = row;
    let q = row + min(1, last) * rowBytes;
    let r = row + min(2, last) * rowBytes;
    let s = row + last * rowBytes;
    row += 4 * rowBytes;
    let sum = f32x4.splat(0);
    let at = vector;
    for (; at < vectorEnd; at += 16, p += 16, q += 16, r += 16, s += 16) {
      const a = v128.load(p);
      const b = v128.load(q);
      const c = v128.load(r);
      const d = v128.load(s);
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(at), v128.shuffle<f32>(ab, cd, 0, 1, 4, 5)));
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(at, 4), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7)));
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(at, 8), v128.shuffle<f32>(AB, CD, 0, 1, 4, 5)));
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(at, 12), v128.shuffle<f32>(AB, CD, 2, 3, 6, 7)));
    }
    for (let k = 0; k < rest; k++, at += 4, p += 4, q += 4, r += 4, s += 4) {
      let column = v128.load32_zero(p);
      column = v128.load32_lane(q, column, 1);
      column = v128.load32_lane(r, column, 2);
      column = v128.load32_lane(s, column, 3);
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(at), column));
    }
    storeFirst(y, sum, last + 1);
  }
}

/** y[c] = Σ_k vector[k]·matrix[k][c] for `count` columns of rows `rowBytes` apart. */
export function vectorTimesColumns(
  y: usize, vector: usize, matrix: usize, count: usize, depth: usize, rowBytes: usize,
): void {
  const end = vector + (depth << 2);
  let i: usize = 0;
  for (; i + 32 <= count; i += 32) columns32(y + (i << 2), matrix + (i << 2), vector, end, rowBytes);
  for (; i < count; i += 4) {
    let sum = f32x4.splat(0);
    let row = matrix + (i << 2);
    for (let at = vector; at < end; at += 4, row += rowBytes) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(at), v128.load(row)));
    }
    storeFirst(y + (i << 2), sum, min(4, count - i));
  }
}

function columns32(y: usize, row: usize, vector: usize, end: usize, rowBytes: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  for (let at = vector; at < end; at += 4, row += rowBytes) {
    const s = v128.load32_splat(at);
    a = f32x4.add(a, f32x4.mul(s, v128.load(row)));
    b = f32x4.add(b, f32x4.mul(s, v128.load(row, 16)));
    c = f32x4.add(c, f32x4.mul(s, v128.load(row, 32)));
    d = f32x4.add(d, f32x4.mul(s, v128.load(row, 48)));
    e = f32x4.add(e, f32x4.mul(s, v128.load(row, 64)));
    f = f32x4.add(f, f32x4.mul(s, v128.load(row, 80)));
    g = f32x4.add(g, f32x4.mul(s, v128.load(row, 96)));
    h = f32x4.add(h, f32x4.mul(s, v128.load(row, 112)));
  }
  v128.store(y, a);
  v128.store(y, b, 16);
  v128.store(y, c, 32);
  v128.store(y, d, 48);
  v128.store(y, e, 64);
  v128.store(y, f, 80);
  v128.store(y, g, 96);
  v128.store(y, h, 112);
}
