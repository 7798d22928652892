/** batchNormBlock has the bits of the ops it is made of, forward and backward. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../../src/kernels/backend.ts';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import type { BlockAttributes } from '../../../src/kernels/ops.ts';
import { type Input, noise, runOn } from './compare.ts';

const backends: Backend[] = [];
beforeAll(async () => {
  backends.push(await cpu({ threads: 1 }), await cpu({ threads: 3 }));
});
afterAll(() => Promise.all(backends.map((backend) => backend.close())));

const place = { seed: 42, stream: 5, step: 3 };
const cases: readonly (readonly [number[], BlockAttributes])[] = [
  [[3, 5, 8, 12], { epsilon: 1e-5, pool: [2, 2], dropout: { ...place, p: 0.25, perChannel: false } }],
  // More values a plane than are summed at a time, in rows that fill no vectors.
  [[2, 3, 65, 71], { epsilon: 1e-5, pool: [2, 2], dropout: { ...place, p: 0.25, perChannel: false } }],
  [[3, 3, 68, 134], { epsilon: 1e-5, pool: [2, 2], dropout: { ...place, p: 0.5, perChannel: true } }],
  [[2, 2, 1, 3], { epsilon: 1e-5, pool: [1, 2], dropout: { ...place, p: 0.5, perChannel: true } }],
  [[2, 2, 6, 6], { epsilon: 1e-5, pool: [2, 2], dropout: { ...place, p: 1, perChannel: false } }],
  [[4, 3, 7, 9], { epsilon: 1e-3, pool: [2, 3], dropout: { ...place, p: 0.5, perChannel: true } }],
  [[2, 4, 5, 6], { epsilon: 1e-5, pool: [1, 1], dropout: { ...place, p: 0.1, perChannel: false } }],
  [[2, 4, 6, 6], { epsilon: 1e-5, pool: [2, 2], dropout: { ...place, p: 0, perChannel: false } }],
  [[2, 1, 5, 5], { epsilon: 1e-5, pool: [1, 1], dropout: { ...place, p: 0, perChannel: false } }],
];

it.each(cases)('of %j with %j', (shape, attributes) => compare(noise(shape, 1), attributes));

it('where several values of a window are the greatest', () => {
  const { shape, values } = noise([3, 4, 10, 14], 1);
  const coarse = { shape, values: Float32Array.from(values, (value) => Math.round(2 * value)) };
  return compare(coarse, { epsilon: 1e-5, pool: [2, 2], dropout: { ...place, p: 0, perChannel: false } });
});

async function compare(x: Input, attributes: BlockAttributes): Promise<void> {
  const shape = [...x.shape];
  const [N, C, H, W] = shape as [number, number, number, number];
  const small = [N, C, Math.floor(H / attributes.pool[0]), Math.floor(W / attributes.pool[1])];
  const pool = { kernel: attributes.pool, stride: attributes.pool, padding: [0, 0, 0, 0] } as const;
  const normalisation = { epsilon: attributes.epsilon, relu: true };
  const [gamma, beta, dy] = [noise([C], 2), noise([C], 3), noise(small, 4)];
  const of = (shape: number[], values: Float64Array | undefined) => ({ shape, values: values! });
  for (const backend of backends) {
    const forward = [x, gamma, beta];
    const [active, mean, variance] = await runOn(
      backend,
      'batchNorm',
      forward,
      [shape, [C], [C]],
      normalisation,
    );
    const [pooled] = await runOn(backend, 'maxPool2d', [of(shape, active)], [small], pool);
    const [y] = await runOn(backend, 'dropout', [of(small, pooled)], [small], attributes.dropout);
    const block = await runOn(backend, 'batchNormBlock', forward, [small, [C], [C]], attributes);
    expect(block).toEqual([y, mean, variance]);

    const [kept] = await runOn(backend, 'dropout', [dy], [small], attributes.dropout);
    const scatter = [of(shape, active), of(small, kept)];
    const [scattered] = await runOn(backend, 'maxPool2dScatter', scatter, [shape], pool);
    const rest = [gamma, beta, of([C], mean), of([C], variance)];
    const inputs = [x, of(shape, scattered), ...rest];
    const parts = await runOn(backend, 'batchNormBackward', inputs, [shape, [C], [C]], normalisation);
    const whole = await runOn(
      backend,
      'batchNormBlockBackward',
      [x, dy, ...rest],
      [shape, [C], [C]],
      attributes,
    );
    expect(whole).toEqual(parts);
  }
}
