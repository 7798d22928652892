import { describe, expect, it } from 'vitest';
import { epochOrder } from '../../src/train/sampler.ts';

/** Site x: 60 normal, 20 abnormal. Site y: 2 normal, 18 abnormal. Site z: 10 normal only. */
const examples = [
  ...Array.from({ length: 80 }, (_, i) => ({ site: 'x', label: i < 60 ? 0 : 1 })),
  ...Array.from({ length: 20 }, (_, i) => ({ site: 'y', label: i < 2 ? 0 : 1 })),
  ...Array.from({ length: 10 }, () => ({ site: 'z', label: 0 })),
];
const place = { seed: 3, epoch: 2, count: 1100 };

function shares(order: Int32Array): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const i of order) {
    const key = `${examples[i]!.site}${examples[i]!.label}`;
    counts[key] = (counts[key] ?? 0) + 1 / order.length;
  }
  return counts;
}

describe('epochOrder', () => {
  it('none: each recording once before any comes twice', () => {
    const order = epochOrder(examples, { ...place, balance: 'none', count: 220 });
    expect(new Set(order.subarray(0, 110)).size).toBe(110);
    expect(new Set(order.subarray(110)).size).toBe(110);
  });

  it('class: classes take turns', () => {
    const order = epochOrder(examples, { ...place, balance: 'class' });
    const abnormal = order.filter((i) => examples[i]!.label === 1).length;
    expect(abnormal).toBe(550);
  });

  it('site: sites by size, classes evenly within each', () => {
    const share = shares(epochOrder(examples, { ...place, balance: 'site' }));
    expect(share.x0! + share.x1!).toBeCloseTo(80 / 110, 1);
    expect(Math.abs(share.x0! - share.x1!)).toBeLessThan(0.005);
    expect(Math.abs(share.y0! - share.y1!)).toBeLessThan(0.005);
    expect(share.z0).toBeCloseTo(10 / 110, 1);
  });

  it('depends on seed and epoch alone', () => {
    const at = (seed: number, epoch: number) =>
      epochOrder(examples, { ...place, balance: 'site', seed, epoch }).join();
    expect(at(1, 0)).toBe(at(1, 0));
    expect(new Set([at(1, 0), at(2, 0), at(1, 1)]).size).toBe(3);
  });
});
