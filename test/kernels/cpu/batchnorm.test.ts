import { afterAll, expect, it } from 'vitest';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import { closeMachines, expectParity, type Input, noise, runOn } from './compare.ts';

afterAll(closeMachines);

const positive = (input: Input): Input => ({
  ...input,
  values: Float32Array.from(input.values, (v) => v + 1.5),
});
const moved = (input: Input, by: number): Input => ({
  ...input,
  values: Float32Array.from(input.values, (v) => v + by),
});

const shapes = [
  [4, 3, 8, 16],
  [2, 17, 7, 9],
  [5, 6],
  [3, 2, 11],
  [1, 4, 1, 1],
  [1, 1, 90, 100],
];

for (const shape of shapes) {
  for (const relu of [false, true]) {
    it(`batchNorm and its gradient, [${shape}], relu ${relu}`, async () => {
      const C = shape[1]!;
      const attributes = { epsilon: 1e-3, relu };
      const gamma = noise([C], 2);
      const beta = noise([C], 3);
      await expectParity('batchNorm', [noise(shape), gamma, beta], [shape, [C], [C]], attributes);
      const statistics = [noise([C], 5), positive(noise([C], 6))];
      const inputs = [noise(shape), noise(shape, 4), gamma, beta, ...statistics];
      await expectParity('batchNormBackward', inputs, [shape, [C], [C]], attributes);
    });
  }
}

it('keeps the variance of values far from zero', async () => {
  const x = moved(noise([4, 2, 32, 32]), 100);
  const inputs = [x, noise([2], 2), noise([2], 3)];
  await expectParity('batchNorm', inputs, [x.shape, [2], [2]], { epsilon: 1e-5, relu: false }, 2e-5);
});

it('backward cuts exactly what forward cut', async () => {
  const backend = await cpu({ threads: 1 });
  const shape = [3, 2, 20, 21];
  const [gamma, beta] = [noise([2], 2), noise([2], 3)];
  const x = noise(shape, 9);
  const attributes = { epsilon: 1e-5, relu: true };
  const [y, mean, variance] = await runOn(
    backend,
    'batchNorm',
    [x, gamma, beta],
    [shape, [2], [2]],
    attributes,
  );
  const one = { shape, values: new Float32Array(y!.length).fill(1) };
  const statistics = [mean!, variance!].map((values) => ({ shape: [2], values }));
  const inputs = [x, one, gamma, beta, ...statistics];
  const [, , dbeta] = await runOn(backend, 'batchNormBackward', inputs, [shape, [2], [2]], attributes);
  const plane = 20 * 21;
  const kept = [0, 1].map((c) => y!.filter((v, i) => Math.floor(i / plane) % 2 === c && v > 0).length);
  expect([...dbeta!]).toEqual(kept);
  await backend.close();
});

it('relu of NaN is NaN', async () => {
  const backend = await cpu({ threads: 1 });
  const values = Float32Array.from({ length: 21 }, (_, i) => (i === 3 ? Number.NaN : i));
  const inputs = [{ shape: [1, 1, 21], values }, noise([1]), noise([1])];
  const [y] = await runOn(backend, 'batchNorm', inputs, [[1, 1, 21], [1], [1]], {
    epsilon: 1e-5,
    relu: true,
  });
  expect(y!.every(Number.isNaN)).toBe(true);
  await backend.close();
});
