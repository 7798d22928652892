import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cos, erf, exp, expm1, log, log2, log10, pow, sin, tanh } from '../../src/base/math.ts';

const math = { cos, erf, exp, expm1, log, log2, log10, pow, sin, tanh };

const golden: Record<string, number[][]> = JSON.parse(
  readFileSync(new URL('../golden/dsp/elementary.json', import.meta.url), 'utf8'),
);

const double = new Float64Array(1);
const bits = new BigInt64Array(double.buffer);

/** Position of x among all doubles, so that neighbours differ by 1. */
function order(x: number): bigint {
  double[0] = x;
  const b = bits[0]!;
  return b < 0n ? -(b & 0x7fffffffffffffffn) : b;
}

/** Distance in representable numbers; NaN is at distance 0 from NaN only. */
function ulps(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  if (Number.isNaN(a) || Number.isNaN(b)) return Infinity;
  const d = Number(order(a) - order(b));
  return d === 0 ? Infinity : Math.abs(d); // 0 against −0
}

/** Deterministic draws in [0, 1). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 4294967296;
  };
}

const unary = ['exp', 'expm1', 'log', 'log10', 'log2', 'sin', 'cos', 'tanh'] as const;
const limits = {
  exp: 1, expm1: 2, log: 1, log10: 0, log2: 0, sin: 1, cos: 1, tanh: 1, erf: 2, pow: 1,
}; // biome-ignore format: one row

describe('against true values (mpmath)', () => {
  it.each(Object.entries(limits))('%s is within %d ulp', (name, limit) => {
    const f = math[name as keyof typeof limits] as (...x: number[]) => number;
    const rows = golden[name]!;
    expect(rows.length).toBeGreaterThan(100);
    for (const row of rows) {
      const args = row.slice(0, -1);
      const distance = ulps(f(...args), row.at(-1)!);
      expect(distance, `${name}(${args.join(', ')}) = ${f(...args)}`).toBeLessThanOrEqual(limit);
    }
  });
});

describe('against the host', () => {
  // the host itself is up to 2 ulp off
  it.each(unary)('%s agrees over wide ranges', (name) => {
    const random = generator(7);
    let worst = 0;
    for (let i = 0; i < 40000; i++) {
      const size = [1, 30, 700, 1e5, 1e300][i % 5]! * random();
      const x = name.startsWith('log') ? size : i % 2 ? size : -size;
      worst = Math.max(worst, ulps(math[name](x), Math[name](x)));
    }
    expect(worst).toBeLessThanOrEqual(3);
  });

  const specials = [
    Number.NaN, Infinity, -Infinity, 0, -0, 5e-324, -5e-324, 1e-310, 2.2250738585072014e-308, 1e-20, -1e-20,
    Number.MAX_VALUE, -Number.MAX_VALUE, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 709.782712893384, 709.7827128933841,
    -708.4, -745.1332191019411, -745.1332191019412, -746, 22, -22, 1e22, 2 ** 53, 2 ** 53 + 2, 823549.5, 1e6 + 0.25,
  ]; // biome-ignore format: a table

  it.each(unary)('%s of special values', (name) => {
    for (const x of specials) {
      expect(ulps(math[name](x), Math[name](x)), `${name}(${x}) = ${math[name](x)}`).toBeLessThanOrEqual(1);
    }
  });

  it('pow of special values', () => {
    for (const x of specials) {
      for (const y of specials) {
        const mine = math.pow(x, y);
        expect(ulps(mine, x ** y), `pow(${x}, ${y}) = ${mine}`).toBeLessThanOrEqual(1);
      }
    }
  });

  it('erf of special values', () => {
    expect(math.erf(Number.NaN)).toBeNaN();
    expect(math.erf(Infinity)).toBe(1);
    expect(math.erf(-Infinity)).toBe(-1);
    expect(Object.is(math.erf(-0), -0)).toBe(true);
    expect(Object.is(math.erf(0), 0)).toBe(true);
  });
});

describe('exact where the result is', () => {
  it('powers of ten and two', () => {
    for (let k = -307; k <= 308; k++) expect(math.log10(Number(`1e${k}`))).toBe(k);
    let x = 5e-324;
    for (let k = -1074; k <= 1023; k++, x *= 2) {
      expect(math.log2(x)).toBe(k);
      expect(math.pow(2, k)).toBe(x);
    }
  });

  it('odd functions are odd, bit for bit', () => {
    const random = generator(3);
    for (let i = 0; i < 5000; i++) {
      const x = random() * [1e-6, 1, 10, 1e9][i % 4]!;
      for (const name of ['sin', 'tanh', 'erf'] as const) expect(math[name](-x)).toBe(-math[name](x));
      expect(math.cos(-x)).toBe(math.cos(x));
    }
  });

  it('exp and log are monotone across their seams', () => {
    for (let k = -20; k <= 20; k++) {
      const seam = (k + 0.5) * Math.LN2;
      expect(math.exp(seam * (1 - 1e-15 * Math.sign(seam)))).toBeLessThanOrEqual(math.exp(seam));
      const root = Math.SQRT2 * math.pow(2, k);
      expect(math.log(root * (1 - 4e-16))).toBeLessThanOrEqual(math.log(root));
    }
  });
});
