import { describe, expect, it } from 'vitest';
import { philox4x32 } from '../../src/base/philox.ts';
import { normalValues, randomWords, uniformValues } from '../../src/tensor/index.ts';

describe('philox4x32', () => {
  // Known answers of the authors' Random123 library (kat_vectors, philox4x32 10).
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('gives the known answer for counter %j', ([a, b, c, d], [k0, k1], expected) => {
    const out = new Uint32Array(4);
    philox4x32(a, b, c, d, k0, k1, out);
    expect(Array.from(out)).toEqual(expected);
  });
});

describe('draws', () => {
  it('do not depend on how many are drawn', () => {
    const key = { seed: 5, stream: 2, step: 9 };
    expect(Array.from(randomWords(10, key))).toEqual(Array.from(randomWords(1001, key).subarray(0, 10)));
  });

  it('differ between seeds, streams, steps and samples', () => {
    const draws = [
      { seed: 1 },
      { seed: 2 },
      { seed: 2 ** 33 },
      { seed: 1, stream: 1 },
      { seed: 1, step: 1 },
      { seed: 1, sample: 1 },
    ];
    expect(new Set(draws.map((key) => randomWords(4, key).join())).size).toBe(draws.length);
  });

  it('are uniform and normal', () => {
    const u = uniformValues(40000, { seed: 3 });
    const n = normalValues(40001, { seed: 3 });
    const mean = (x: Float64Array) => x.reduce((a, b) => a + b) / x.length;
    expect(Math.min(...u)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...u)).toBeLessThan(1);
    expect(mean(u)).toBeCloseTo(0.5, 2);
    expect(mean(n)).toBeCloseTo(0, 1);
    expect(mean(n.map((x) => x * x))).toBeCloseTo(1, 1);
    expect(mean(n.map((x) => x ** 4))).toBeCloseTo(3, 0);
  });
});
