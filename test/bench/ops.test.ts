/** What the benchmark of ops times, and what it holds it against. */
import { expect, it } from 'vitest';
import { Ceilings } from '../../bench/ceilings.ts';
import { bytesOf, outputsOf, shapesOf } from '../../bench/ops/case.ts';
import { cases } from '../../bench/ops/cases.ts';
import { kernels } from '../../src/kernels/cpu/table.ts';
import { sizeOf } from '../../src/tensor/shape.ts';

it('times every op', () => {
  const timed = new Set(cases.map(({ op }) => op));
  expect([...timed].sort()).toEqual(Object.keys(kernels).sort());
});

it('gives every op inputs that fit, and says what it takes', () => {
  for (const sample of cases) {
    const { op, inputs, flops } = sample;
    expect(outputsOf(sample).length, op).toBeGreaterThan(0);
    for (const { shape, values } of inputs) if (values) expect(values.length, op).toBe(sizeOf(shape));
    expect(Number.isFinite(flops) && flops >= 0, op).toBe(true);
  }
  const titles = cases.map(
    (sample) => `${sample.op} ${shapesOf(sample)}${JSON.stringify(sample.attributes)}`,
  );
  expect(new Set(titles).size).toBe(titles.length);
});

it('counts bytes and operations from shapes', () => {
  const first = cases.find(({ op }) => op === 'conv2d')!;
  const [x, y] = [32 * 64 * 128, 32 * 16 * 64 * 128];
  expect(bytesOf(first)).toBe(4 * (x + 16 * 9 + 16 + y));
  expect(first.flops).toBe(2 * 9 * y);
});

it.each([1, 2])('measures ceilings on %i threads', async (threads) => {
  const ceilings = await Ceilings.start(threads);
  try {
    for (const rates of [ceilings.peak(0), ceilings.copy(1, 0), ceilings.copy(1 << 20, 0)]) {
      expect(rates.length).toBeGreaterThan(0);
      for (const rate of rates) expect(rate).toBeGreaterThan(0);
    }
  } finally {
    await ceilings.close();
  }
});
