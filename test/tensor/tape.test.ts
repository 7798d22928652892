import { afterAll, describe, expect, it } from 'vitest';
import { reference } from '../../src/kernels/reference/backend.ts';
import {
  checkGradient,
  defineOp,
  grad,
  noGrad,
  normal,
  scope,
  type Tensor,
  tensor,
} from '../../src/tensor/index.ts';

const backend = reference();
afterAll(() => backend.close());
const at = { backend };

async function values(t: Tensor): Promise<number[]> {
  return Array.from(await t.data());
}

describe('grad', () => {
  it('adds up over the ways a tensor is used', async () => {
    await scope(async () => {
      const x = tensor([3], [1], at).requireGrad();
      const y = x.mul(x).add(x.mul(4)).sum();
      expect(await values(grad(y, [x])[0]!)).toEqual([2 * 3 + 4]);
    });
  });

  it('gives zeros for what the loss does not depend on', async () => {
    await scope(async () => {
      const x = tensor([1, 2], [2], at).requireGrad();
      const z = tensor([5, 5, 5], [3], at).requireGrad();
      const [dx, dz] = grad(x.sum(), [x, z]);
      expect(await values(dx!)).toEqual([1, 1]);
      expect(await values(dz!)).toEqual([0, 0, 0]);
    });
  });

  it('gives the gradient with respect to an activation', async () => {
    await scope(async () => {
      const x = tensor([2], [1], at).requireGrad();
      const h = x.square();
      const [dx, dh] = grad(h.mul(h).sum(), [x, h]);
      expect(await values(dh!)).toEqual([8]);
      expect(await values(dx!)).toEqual([32]);
    });
  });

  it('differentiates its own result, to any order', async () => {
    await scope(async () => {
      const x = tensor([1.5], [1], at).requireGrad();
      let y = x.square().square().sum();
      const orders: number[] = [];
      for (let order = 0; order < 4; order++) {
        const [dy] = grad(y, [x], { createGraph: true });
        orders.push(await dy!.sum().item());
        y = dy!.sum();
      }
      const expected = [4 * 1.5 ** 3, 12 * 1.5 ** 2, 24 * 1.5, 24];
      for (const [i, value] of orders.entries()) expect(value).toBeCloseTo(expected[i]!, 12);
    });
  });

  it('can be called twice with retainGraph', async () => {
    await scope(async () => {
      const x = tensor([2], [1], at).requireGrad();
      const y = x.exp().sum();
      const first = await values(grad(y, [x], { retainGraph: true })[0]!);
      expect(await values(grad(y, [x])[0]!)).toEqual(first);
    });
  });

  it('goes through graphs deeper than the call stack', async () => {
    await scope(async () => {
      const x = tensor([1], [1], at).requireGrad();
      let y: Tensor = x;
      for (let i = 0; i < 20000; i++) y = y.add(0);
      expect(await values(grad(y.sum(), [x])[0]!)).toEqual([1]);
    });
  });

  it('frees activations and leaves nothing behind', () => {
    const before = backend.memory().buffers;
    scope(() => {
      const x = normal([8, 8], { seed: 1, ...at }).requireGrad();
      const loss = x.tanh().matmul(x).relu().softmax().log().sum();
      const alive = backend.memory().buffers;
      grad(loss, [x]);
      // The activations of five ops are gone; one gradient came.
      expect(backend.memory().buffers).toBeLessThan(alive - 3);
    });
    expect(backend.memory().buffers).toBe(before);
  });

  it('refuses a loss that is no scalar, and one that depends on nothing', () => {
    scope(() => {
      const x = tensor([1, 2], [2], at).requireGrad();
      expect(() => grad(x.mul(2), [x])).toThrow(/shape \[2\].*sum\(\) or mean\(\)/);
      expect(() =>
        grad(
          noGrad(() => x.sum()),
          [x],
        ),
      ).toThrow(/requires a gradient/);
    });
  });
});

describe('defineOp', () => {
  const softplus = defineOp<object>({
    name: 'softplus',
    forward: ([x]) => x!.exp().add(1).log(),
    gradient: ({ inputs: [x] }, [g]) => [g!.mul(x!.sigmoid())],
  });

  it('runs its own gradient, and passes the check, also at second order', async () => {
    await scope(async () => {
      const x = normal([3, 4], { seed: 2, ...at });
      expect((await checkGradient(([t]) => softplus([t!], {}), [x])).error).toBeLessThan(1e-8);
      expect((await checkGradient(([t]) => softplus([t!], {}), [x], { second: true })).error).toBeLessThan(
        1e-6,
      );
    });
  });

  it('shows a wrong gradient', async () => {
    const wrong = defineOp<object>({
      name: 'wrong',
      forward: ([x]) => x!.square(),
      gradient: ({ inputs: [x] }, [g]) => [g!.mul(x!)],
    });
    await scope(async () => {
      const check = await checkGradient(([t]) => wrong([t!], {}), [normal([5], { seed: 2, ...at })]);
      expect(check.error).toBeGreaterThan(0.1);
      expect(check.where).toMatch(/input 0, element/);
    });
  });

  it('shows a gradient that is NaN in one element only', async () => {
    const holed = defineOp<object>({
      name: 'holed',
      forward: ([x]) => x!.square(),
      gradient: ({ inputs: [x] }, [g]) => [g!.mul(x!.mul(2)).add(tensor([0, Number.NaN, 0], [3], at))],
    });
    await scope(async () => {
      const check = await checkGradient(([t]) => holed([t!], {}), [tensor([1, 2, 3], [3], at)]);
      expect(check.error).toBeNaN();
      expect(check.where).toMatch(/element 1/);
    });
  });

  it('refuses a gradient of the wrong shape', () => {
    const wrong = defineOp<object>({
      name: 'wrong',
      forward: ([x]) => x!.sum(),
      gradient: (_op, [g]) => [g!],
    });
    scope(() => {
      const x = tensor([1, 2], [2], at).requireGrad();
      expect(() => grad(wrong([x], {}), [x])).toThrow(
        /wrong: its gradient has shape \[\] for an input of shape \[2\]/,
      );
    });
  });
});
