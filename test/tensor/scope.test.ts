import { afterAll, describe, expect, it } from 'vitest';
import { reference } from '../../src/kernels/reference/backend.ts';
import { full, grad, leaks, noGrad, scope, Tensor, tensor, watchLeaks } from '../../src/tensor/index.ts';

const backend = reference();
afterAll(() => backend.close());
const at = { backend };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('scope', () => {
  it('frees what it owns and hands out what it returns', () => {
    const before = backend.memory().buffers;
    const { kept, list } = scope(() => {
      const x = tensor([1, 2, 3], [3], at);
      x.mul(2);
      return { kept: x.add(1), list: [x.exp()] };
    });
    expect(backend.memory().buffers).toBe(before + 2);
    kept.dispose();
    list[0]!.dispose();
    expect(backend.memory().buffers).toBe(before);
  });

  it('passes results to the scope outside, which frees them', () => {
    const before = backend.memory().buffers;
    scope(() => {
      const inner = scope(() => full([2], 1, at).add(1));
      expect(inner.disposed).toBe(false);
    });
    expect(backend.memory().buffers).toBe(before);
  });

  it('frees when its body throws or rejects', async () => {
    const before = backend.memory().buffers;
    expect(() =>
      scope(() => {
        full([2], 1, at);
        throw new Error('no');
      }),
    ).toThrow('no');
    await expect(
      scope(async () => {
        full([2], 1, at);
        await pause(1);
        full([3], 1, at);
        throw new Error('late');
      }),
    ).rejects.toThrow('late');
    expect(backend.memory().buffers).toBe(before);
  });

  it('survives await, also when scopes overlap in time', async () => {
    const before = backend.memory().buffers;
    const work = (ms: number, value: number) =>
      scope(async () => {
        const x = full([4], value, at);
        await pause(ms);
        const y = x.mul(2);
        await pause(ms);
        return y.add(1);
      });
    const results = await Promise.all([work(8, 1), work(3, 2), work(5, 3)]);
    expect(backend.memory().buffers).toBe(before + 3);
    expect(await Promise.all(results.map((y) => y.sum().item()))).toEqual([12, 20, 28]);
    for (const y of results) y.dispose();
  });

  it('leaves alone what is kept', () => {
    const x = scope(() => {
      full([1], 1, at);
      const kept = full([2], 5, at).keep();
      return { wrapped: new Map([['a', kept]]) };
    }).wrapped.get('a')!;
    expect(x.disposed).toBe(false);
    x.dispose();
  });

  it('noGrad survives await', async () => {
    await scope(async () => {
      const w = tensor([2], [1], at).requireGrad();
      const y = await noGrad(async () => {
        await pause(1);
        return w.mul(3);
      });
      expect(y.requiresGrad).toBe(false);
      expect(w.mul(3).requiresGrad).toBe(true);
    });
  });

  it('using frees at the end of the block', () => {
    const before = backend.memory().buffers;
    {
      using x = full([2], 1, at);
      expect(x.size).toBe(2);
    }
    expect(backend.memory().buffers).toBe(before);
  });
});

describe('use after free', () => {
  it('names the op, the shape and who freed it', async () => {
    const x = full([2, 3], 1, at);
    x.dispose();
    expect(() => x.exp()).toThrow(/exp: the tensor \[2,3\] made by tensor was freed by dispose/);
    await expect(x.data()).rejects.toThrow(/freed/);
  });

  it('tells that backward frees activations', () => {
    scope(() => {
      const w = tensor([1, 2], [2], at).requireGrad();
      const hidden = w.exp();
      const loss = hidden.square().sum();
      grad(loss, [w]);
      expect(() => hidden.neg()).toThrow(/freed by grad\(\)/);
      expect(() => grad(loss, [w])).toThrow(/freed by grad\(\)/);
    });
  });

  it('a detached handle lives on', async () => {
    await scope(async () => {
      const w = tensor([1, 2], [2], at).requireGrad();
      const hidden = w.mul(3);
      const seen = hidden.detach();
      grad(hidden.sum(), [w]);
      expect(Array.from(await seen.data())).toEqual([3, 6]);
    });
  });
});

it('watchLeaks reports tensors that nobody freed', async () => {
  // vitest.config.ts starts the tests with --expose-gc.
  const { gc } = globalThis as { gc?: () => void };
  expect(gc).toBeDefined();
  watchLeaks(true);
  (() => full([7, 5], 1, at))();
  for (let i = 0; i < 20 && leaks().length === 0; i++) {
    gc!();
    await pause(5);
  }
  expect(leaks()).toEqual(['tensor [7,5]']);
  watchLeaks(false);
});

it('refuses to mix backends', async () => {
  const other = reference();
  const [a, b] = [full([1], 1, at), full([1], 1, { backend: other })];
  expect(() => a.add(b)).toThrow(/different backends/);
  expect(() => Tensor.concat([a, b], 0)).toThrow(/different backends/);
  a.dispose();
  await other.close();
});
