import { afterAll, describe, expect, it } from 'vitest';
import { reference } from '../../src/kernels/reference/backend.ts';
import { Variable } from '../../src/layers/index.ts';
import { grad, scope, tensor } from '../../src/tensor/index.ts';
import { AdamW, clipByGlobalNorm, type Optimizer, Sgd } from '../../src/train/optimizer.ts';
import { learningRateAt } from '../../src/train/schedule.ts';

const backend = reference();
afterAll(() => backend.close());

/** Minimises (a − 3)² + 2·(b + 1)² from 0. */
async function minimise(
  make: (parameters: Map<string, Variable>) => Optimizer,
  rate: number,
): Promise<number[]> {
  const parameters = new Map([
    ['a', new Variable(tensor([0], [1], { backend }))],
    ['b', new Variable(tensor([0], [1], { backend }))],
  ]);
  const optimizer = make(parameters);
  const [a, b] = [parameters.get('a')!, parameters.get('b')!];
  for (let i = 0; i < 400; i++) {
    scope(() => {
      const loss = a.value.sub(3).square().add(b.value.add(1).square().mul(2)).sum();
      optimizer.step(grad(loss, [a.value, b.value]), rate);
    });
  }
  return [await a.value.item(), await b.value.item()];
}

describe('optimisers', () => {
  it('find the minimum', async () => {
    const [a, b] = await minimise((p) => new AdamW(p, { weightDecay: 0 }), 0.05);
    expect(a).toBeCloseTo(3, 2);
    expect(b).toBeCloseTo(-1, 2);
    const [c, d] = await minimise((p) => new Sgd(p, { nesterov: true }), 0.02);
    expect(c).toBeCloseTo(3, 4);
    expect(d).toBeCloseTo(-1, 4);
  });

  it('do not decay vectors', async () => {
    const vector = new Variable(tensor([5], [1], { backend }));
    const matrix = new Variable(tensor([5], [1, 1], { backend }));
    const optimizer = new AdamW(
      new Map([
        ['v', vector],
        ['m', matrix],
      ]),
      { weightDecay: 0.1 },
    );
    scope(() => optimizer.step([tensor([0], [1], { backend }), tensor([0], [1, 1], { backend })], 1));
    expect(await vector.value.item()).toBe(5);
    expect(await matrix.value.item()).toBeCloseTo(4.5, 12);
  });

  it('refuse gradients that do not fit', () => {
    const optimizer = new AdamW(new Map([['w', new Variable(tensor([1, 2], [2], { backend }))]]));
    scope(() => {
      expect(() => optimizer.step([], 1)).toThrow(/1 parameters and was given 0 gradients/);
      expect(() => optimizer.step([tensor([1], [1], { backend })], 1)).toThrow(
        /gradient of w has shape \[1\], the parameter \[2\]/,
      );
    });
  });
});

describe('clipByGlobalNorm', () => {
  it('scales all gradients to the limit together, and leaves smaller ones alone', async () => {
    await scope(async () => {
      const gradients = [tensor([3, 0], [2], { backend }), tensor([4], [1], { backend })];
      const { clipped, norm } = clipByGlobalNorm(gradients, 1);
      expect(await norm.item()).toBe(5);
      expect((await clipped[0]!.data())[0]).toBeCloseTo(0.6, 12);
      expect((await clipped[1]!.data())[0]).toBeCloseTo(0.8, 12);
      const loose = clipByGlobalNorm(gradients, 10);
      expect(Array.from(await loose.clipped[0]!.data())).toEqual([3, 0]);
    });
  });
});

describe('learningRateAt', () => {
  const options = { peak: 2, totalSteps: 110, warmupSteps: 10, floor: 0.1 };
  it('rises evenly to the peak, then falls as a cosine to the floor', () => {
    expect(learningRateAt(0, options)).toBeCloseTo(0.2, 12);
    expect(learningRateAt(9, options)).toBeCloseTo(2, 12);
    expect(learningRateAt(10, options)).toBeCloseTo(2, 12);
    expect(learningRateAt(60, options)).toBeCloseTo(2 * 0.55, 12);
    expect(learningRateAt(110, options)).toBeCloseTo(0.2, 12);
    expect(learningRateAt(500, options)).toBeCloseTo(0.2, 12);
  });
  it('works without warm-up', () => {
    expect(learningRateAt(0, { ...options, warmupSteps: 0 })).toBe(2);
  });
});
