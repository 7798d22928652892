/**
 * The passes of Stockham's self-sorting FFT: each reads (xr, xi) and writes (yr, yi), split real and
 * imaginary. A pass over `stride` interleaved transforms of length 4·m makes them four times as many of
 * length m. The butterfly is written out three times, because a call inside these loops would cost more than it.
 */

/** Radix-4 butterflies of the first pass, where each has its own twiddle factors. */
export function firstPass(
  m: number,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  table: Float64Array,
): void {
  for (let p = 0, o = 0, t = 0; p < m; p++, o += 4, t += 6) {
    const ar = xr[p]!;
    const ai = xi[p]!;
    const br = xr[p + m]!;
    const bi = xi[p + m]!;
    const cr = xr[p + 2 * m]!;
    const ci = xi[p + 2 * m]!;
    const dr = xr[p + 3 * m]!;
    const di = xi[p + 3 * m]!;
    const acr = ar + cr;
    const aci = ai + ci;
    const sacr = ar - cr;
    const saci = ai - ci;
    const bdr = br + dr;
    const bdi = bi + di;
    const sbdr = br - dr;
    const sbdi = bi - di;
    yr[o] = acr + bdr;
    yi[o] = aci + bdi;
    const er = sacr + sbdi;
    const ei = saci - sbdr;
    const w1r = table[t]!;
    const w1i = table[t + 1]!;
    yr[o + 1] = er * w1r - ei * w1i;
    yi[o + 1] = er * w1i + ei * w1r;
    const fr = acr - bdr;
    const fi = aci - bdi;
    const w2r = table[t + 2]!;
    const w2i = table[t + 3]!;
    yr[o + 2] = fr * w2r - fi * w2i;
    yi[o + 2] = fr * w2i + fi * w2r;
    const gr = sacr - sbdi;
    const gi = saci + sbdr;
    const w3r = table[t + 4]!;
    const w3i = table[t + 5]!;
    yr[o + 3] = gr * w3r - gi * w3i;
    yi[o + 3] = gr * w3i + gi * w3r;
  }
}

/** Later passes: `stride` butterflies share their twiddle factors; those of p = 0 are 1. */
export function radix4Pass(
  m: number,
  stride: number,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  table: Float64Array,
): void {
  const step = m * stride;
  for (let q = 0; q < stride; q++) {
    const ar = xr[q]!;
    const ai = xi[q]!;
    const br = xr[q + step]!;
    const bi = xi[q + step]!;
    const cr = xr[q + 2 * step]!;
    const ci = xi[q + 2 * step]!;
    const dr = xr[q + 3 * step]!;
    const di = xi[q + 3 * step]!;
    const acr = ar + cr;
    const aci = ai + ci;
    const sacr = ar - cr;
    const saci = ai - ci;
    const bdr = br + dr;
    const bdi = bi + di;
    const sbdr = br - dr;
    const sbdi = bi - di;
    yr[q] = acr + bdr;
    yi[q] = aci + bdi;
    yr[q + stride] = sacr + sbdi;
    yi[q + stride] = saci - sbdr;
    yr[q + 2 * stride] = acr - bdr;
    yi[q + 2 * stride] = aci - bdi;
    yr[q + 3 * stride] = sacr - sbdi;
    yi[q + 3 * stride] = saci + sbdr;
  }
  for (let p = 1; p < m; p++) {
    const t = p * 6;
    const w1r = table[t]!;
    const w1i = table[t + 1]!;
    const w2r = table[t + 2]!;
    const w2i = table[t + 3]!;
    const w3r = table[t + 4]!;
    const w3i = table[t + 5]!;
    const end = (p + 1) * stride;
    let o = 4 * p * stride;
    for (let i = p * stride; i < end; i++, o++) {
      const ar = xr[i]!;
      const ai = xi[i]!;
      const br = xr[i + step]!;
      const bi = xi[i + step]!;
      const cr = xr[i + 2 * step]!;
      const ci = xi[i + 2 * step]!;
      const dr = xr[i + 3 * step]!;
      const di = xi[i + 3 * step]!;
      const acr = ar + cr;
      const aci = ai + ci;
      const sacr = ar - cr;
      const saci = ai - ci;
      const bdr = br + dr;
      const bdi = bi + di;
      const sbdr = br - dr;
      const sbdi = bi - di;
      yr[o] = acr + bdr;
      yi[o] = aci + bdi;
      const er = sacr + sbdi;
      const ei = saci - sbdr;
      yr[o + stride] = er * w1r - ei * w1i;
      yi[o + stride] = er * w1i + ei * w1r;
      const fr = acr - bdr;
      const fi = aci - bdi;
      yr[o + 2 * stride] = fr * w2r - fi * w2i;
      yi[o + 2 * stride] = fr * w2i + fi * w2r;
      const gr = sacr - sbdi;
      const gi = saci + sbdr;
      yr[o + 3 * stride] = gr * w3r - gi * w3i;
      yi[o + 3 * stride] = gr * w3i + gi * w3r;
    }
  }
}

/** The last pass when m is odd. */
export function radix2Last(
  half: number,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
): void {
  for (let q = 0; q < half; q++) {
    const ar = xr[q]!;
    const ai = xi[q]!;
    const br = xr[q + half]!;
    const bi = xi[q + half]!;
    yr[q] = ar + br;
    yi[q] = ai + bi;
    yr[q + half] = ar - br;
    yi[q + half] = ai - bi;
  }
}
