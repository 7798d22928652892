/** Test signals, the same as in bench/peers/golden_dsp.py. */
import { readFileSync } from 'node:fs';

/** n samples in [−1, 1): a 31-bit linear congruential sequence, exactly representable in float32. */
export function signal(n: number, seed = 1): Float32Array {
  const out = new Float32Array(n);
  let state = BigInt(seed);
  for (let i = 0; i < n; i++) {
    state = (state * 1103515245n + 12345n) % 2147483648n;
    out[i] = Number(state >> 8n) / 4194304 - 1;
  }
  return out;
}

/** Like `signal`, but loud and soft by turns. */
export function sounds(n: number, seed = 1): Float32Array {
  const gain = [1, 1 / 1024, 1 / 16, 1 / 131072];
  return signal(n, seed).map((x, i) => x * gain[Math.floor(i / 700) % 4]!);
}

/** A sine of amplitude 1. */
export function tone(hz: number, rate: number, n: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));
}

/** Reads test/golden/dsp/<name>.json. */
export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../golden/dsp/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** Largest absolute difference; NaN on either side gives NaN. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!);
    if (!(d <= worst)) worst = d;
  }
  return worst;
}
