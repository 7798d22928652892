/** The register tile of matrix products: 4 outputs × 8 columns, used by matmul and by Winograd's products. */

/**
 * Products of packed panels: [block][input][4] × [input][8] → 8 values for each of 4·blocks outputs, `outputBytes`
 * apart. Eight accumulators, each adding in the order of the inputs.
 */
export function multiply(
  to: usize, w: usize, panel: usize, inputs: i32, blocks: i32, outputBytes: usize,
): void {
  const panelEnd = panel + (<usize>inputs << 5);
  for (let block = 0; block < blocks; block++) {
    let x = panel;
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    do {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      let s = v128.load32_splat(w);
      a0 = f32x4.add(a0, f32x4.mul(x0, s));
      a1 = f32x4.add(a1, f32x4.mul(x1, s));
      s = v128.load32_splat(w, 4);
      b0 = f32x4.add(b0, f32x4.mul(x0, s));
      b1 = f32x4.add(b1, f32x4.mul(x1, s));
      s = v128.load32_splat(w, 8);
      c0 = f32x4.add(c0, f32x4.mul(x0, s));
      c1 = f32x4.add(c1, f32x4.mul(x1, s));
      s = v128.load32_splat(w, 12);
      d0 = f32x4.add(d0, f32x4.mul(x0, s));
      d1 = f32x4.add(d1, f32x4.mul(x1, s));
      w += 16;
      x += 32;
    } while (x < panelEnd);
    v128.store(to, a0);
    v128.store(to, a1, 16);
    to += outputBytes;
    v128.store(to, b0);
    v128.store(to, b1, 16);
    to += outputBytes;
    v128.store(to, c0);
    v128.store(to, c1, 16);
    to += outputBytes;
    v128.store(to, d0);
    v128.store(to, d1, 16);
    to += outputBytes;
  }
}
