import { afterAll, describe, expect, it } from 'vitest';
import { reference } from '../../src/kernels/reference/backend.ts';
import { Variable } from '../../src/layers/index.ts';
import { grad, scope, tensor } from '../../src/tensor/index.ts';
import { AdamW, globalNorm, type Optimizer, Sgd } from '../../src/train/optimizer.ts';
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

describe('clipping', () => {
  const variables = () =>
    new Map([
      ['a', new Variable(tensor([1, 1], [2], { backend }))],
      ['b', new Variable(tensor([1], [1], { backend }))],
    ]);
  const gradients = () => [tensor([3, 0], [2], { backend }), tensor([4], [1], { backend })];
  const values = async (parameters: Map<string, Variable>) => [
    ...(await parameters.get('a')!.value.data()),
    ...(await parameters.get('b')!.value.data()),
  ];

  it('scales all gradients to the limit together, and leaves smaller ones alone', async () => {
    for (const [limit, expected] of [
      [1, [0.4, 1, 0.2]],
      [10, [-2, 1, -3]],
      [0, [-2, 1, -3]],
    ] as const) {
      const parameters = variables();
      const optimizer = new Sgd(parameters, { momentum: 0 });
      await scope(async () => {
        const norm = globalNorm(gradients(), tensor(0.5, [], { backend }));
        expect(await norm.item()).toBe(5);
        optimizer.step(gradients(), 1, { norm, limit });
      });
      const after = await values(parameters);
      expected.forEach((value, i) => {
        expect(after[i]).toBeCloseTo(value, 12);
      });
    }
  });

  it.each([
    ['AdamW', (p: Map<string, Variable>) => new AdamW(p)],
    ['Sgd', (p: Map<string, Variable>) => new Sgd(p)],
  ])('%s changes nothing where the loss, a gradient or an earlier norm is not finite', async (_, make) => {
    for (const [loss, previous, gradient] of [
      [Number.NaN, 1, 1],
      [1, Number.POSITIVE_INFINITY, 1],
      [1, 1, Number.NaN],
      [1, 1, Number.POSITIVE_INFINITY],
    ] as const) {
      const parameters = variables();
      const optimizer = make(parameters);
      await scope(async () => {
        const bad = [tensor([1, gradient], [2], { backend }), tensor([4], [1], { backend })];
        const norm = globalNorm(bad, tensor(loss, [], { backend }), tensor(previous, [], { backend }));
        optimizer.step(bad, 1, { norm, limit: 1 });
      });
      expect(await values(parameters)).toEqual([1, 1, 1]);
      for (const { values: remembered } of (await optimizer.state()).values()) {
        expect(remembered.every((value) => value === 0)).toBe(true);
      }
    }
  });

  it('notices a variable that was assigned to between two steps', async () => {
    const parameters = variables();
    const optimizer = new Sgd(parameters, { momentum: 0 });
    scope(() => optimizer.step(gradients(), 1));
    scope(() => parameters.get('a')!.assign(tensor([7, 8], [2], { backend })));
    scope(() => optimizer.step(gradients(), 1));
    expect(await values(parameters)).toEqual([4, 8, -7]);
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
