/** What the op-table tests of the optimiser's ops leave out: numbers that are not finite, and bits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/kernels/backend.ts';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import { apply, apply1 } from '../../src/tensor/apply.ts';
import { full, scope, type Tensor, tensor } from '../../src/tensor/index.ts';
import type { Shape } from '../../src/tensor/shape.ts';
import { describeGpu, openGpu } from '../support/gpu.ts';
import { draw } from '../support/samples.ts';

const adamw = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, step: 2 };
const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

function drawn(
  backend: Backend,
  shape: Shape,
  stream: number,
  domain: 'normal' | 'positive' = 'normal',
): Tensor {
  return tensor(draw(shape, domain, stream), shape, { backend });
}

function scalar(backend: Backend, value: number): Tensor {
  return full([], value, { backend });
}

function staysPut(open: () => Promise<Backend>): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  it.each(NOT_FINITE)('a loss or a norm before of %d makes the norm NaN', async (bad) => {
    await scope(async () => {
      const g = drawn(backend, [3], 1);
      const norm = (loss: number, previous: number) =>
        apply1('globalNorm', [scalar(backend, loss), scalar(backend, previous), g], {}).item();
      expect(await norm(bad, 1)).toBeNaN();
      expect(await norm(1, bad)).toBeNaN();
      expect(await norm(-1e30, 3.4e38)).toBeGreaterThan(0);
    });
  });

  it.each(NOT_FINITE)('a gradient with %d makes a norm that is not finite', async (bad) => {
    await scope(async () => {
      const zero = scalar(backend, 0);
      const values = draw([4099], 'normal', 1);
      values[4098] = bad;
      const gradients = [drawn(backend, [5], 2), tensor(values, [4099], { backend }), drawn(backend, [5], 3)];
      const norm = await apply1('globalNorm', [zero, zero, ...gradients], {}).item();
      expect(Number.isFinite(norm)).toBe(false);
    });
  });

  it.each(NOT_FINITE)('a norm of %d changes nothing', async (bad) => {
    await scope(async () => {
      const [p, m, v] = [
        drawn(backend, [67], 1),
        drawn(backend, [67], 2),
        drawn(backend, [67], 3, 'positive'),
      ];
      const g = tensor(new Float64Array(67).fill(Number.NaN), [67], { backend });
      for (const clipNorm of [0, 5]) {
        const after = apply('adamwStep', [p, g, m, v, scalar(backend, bad)], {
          ...adamw,
          clipNorm,
          decayed: 40,
        });
        for (const [i, before] of [p, m, v].entries()) {
          expect(await after[i]!.data()).toEqual(await before.data());
        }
      }
      const y = apply1('blend', [p, g, scalar(backend, bad)], { keep: 0.5, take: 0.5 });
      expect(await y.data()).toEqual(await p.data());
    });
  });

  it('a norm below the limit leaves gradients alone, and decay ends where it is told to', async () => {
    await scope(async () => {
      const inputs = [1, 2, 3, 4].map((i) => drawn(backend, [9], i, i === 4 ? 'positive' : 'normal'));
      const step = (decayed: number, clip?: readonly [number, number]) =>
        apply('adamwStep', clip ? [...inputs, scalar(backend, clip[1])] : inputs, {
          ...adamw,
          clipNorm: clip?.[0] ?? 0,
          decayed,
        });
      const plain = await step(9)[0]!.data();
      expect(await step(9, [8, 3])[0]!.data()).toEqual(plain);
      expect(await step(9, [8, 16])[0]!.data()).not.toEqual(plain);
      const undecayed = await step(0)[0]!.data();
      const partly = await step(6)[0]!.data();
      expect(Array.from(partly)).toEqual([...plain.slice(0, 6), ...undecayed.slice(6)]);
      for (let i = 0; i < 9; i++) expect(plain[i]).not.toBe(undecayed[i]);
    });
  });
}

describe('reference', () => staysPut(() => Promise.resolve(reference())));
describe('cpu', () => staysPut(() => cpu({ threads: 2 })));
await describeGpu('webgpu', () => staysPut(() => openGpu()));

describe('cpu has the bits of smaller ops', () => {
  const opened = cpu({ threads: 2 });
  afterAll(async () => (await opened).close());
  const shapes: readonly Shape[] = [[], [3], [8, 3, 3], [130, 17], [8191], [8193], [32_769], [3, 40_001]];

  it.each(shapes.map((shape, i) => [shape, i] as const))('globalNorm, from %j on', async (_, first) => {
    const backend = await opened;
    await scope(async () => {
      const gradients = shapes.slice(first).map((shape, i) => drawn(backend, shape, first + i));
      const zero = scalar(backend, 0);
      const parts = gradients
        .map((g) => g.square().sum())
        .reduce((a, b) => a.add(b))
        .sqrt();
      expect(await apply1('globalNorm', [zero, zero, ...gradients], {}).item()).toBe(await parts.item());
    });
  });

  it.each([0.7, 3.9, 5, 1e30])('adamwStep that clips to %d', async (limit) => {
    const backend = await opened;
    await scope(async () => {
      const [p, g, m] = [1, 2, 3].map((i) => drawn(backend, [1001], i));
      const v = drawn(backend, [1001], 4, 'positive');
      const norm = scalar(backend, 4.321);
      const clipped = g!.div(norm.maximum(limit).affine(1 / limit, 0));
      const parts = apply('adamwStep', [p!, clipped, m!, v], { ...adamw, clipNorm: 0, decayed: 1001 });
      const fused = apply('adamwStep', [p!, g!, m!, v, norm], { ...adamw, clipNorm: limit, decayed: 1001 });
      for (const [i, part] of parts.entries()) expect(await fused[i]!.data()).toEqual(await part.data());
    });
  });

  it('blend', async () => {
    const backend = await opened;
    await scope(async () => {
      const values = draw([1001], 'normal', 1);
      values[5] = -0;
      const a = tensor(values, [1001], { backend });
      const b = tensor(values.toReversed(), [1001], { backend });
      const parts = await a
        .affine(0.99, 0)
        .add(b.affine(1 - 0.99, 0))
        .data();
      const options = { keep: 0.99, take: 1 - 0.99 };
      expect(await apply1('blend', [a, b], options).data()).toEqual(parts);
      expect(await apply1('blend', [a, b, scalar(backend, 0)], options).data()).toEqual(parts);
    });
  });
});

describe('what does not fit is refused', () => {
  const backend = reference();
  afterAll(() => backend.close());

  it('with what is wrong', () => {
    scope(() => {
      const [x, y] = [drawn(backend, [4], 1), drawn(backend, [5], 1)];
      const zero = scalar(backend, 0);
      const step = (inputs: readonly Tensor[], clipNorm: number, decayed: number) => () =>
        apply('adamwStep', inputs, { ...adamw, clipNorm, decayed });
      expect(step([x, x, x, x], 5, 4)).toThrow(/cannot clip to 5, there is no norm/);
      expect(step([x, x, x, x, zero], -1, 4)).toThrow(/cannot clip to -1/);
      expect(step([x, x, x, x, zero], 1, 5)).toThrow(/5 of \[4\] to decay/);
      expect(step([x, x, x, x, x], 1, 4)).toThrow(/the norm has shape \[4\], not \[\]/);
      expect(() => apply('globalNorm', [zero, zero], {})).toThrow(
        /needs a loss, a previous norm and gradients/,
      );
      expect(() => apply('globalNorm', [x, zero, x], {})).toThrow(/the loss has shape \[4\]/);
      expect(() => apply('blend', [x, y], { keep: 1, take: 1 })).toThrow(/blend: \[5\] does not fit \[4\]/);
    });
  });
});
