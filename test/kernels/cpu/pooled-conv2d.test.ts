/** Max-pooling behind a convolution on `cpu`: the bits of the two one after the other, whatever hangs over an edge. */
import { afterAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import { normal, scope } from '../../../src/tensor/index.ts';

const backends = await Promise.all([1, 3].map((threads) => cpu({ threads })));
afterAll(() => Promise.all(backends.map((backend) => backend.close())));

const bits = (values: ArrayLike<number>) => new Int32Array(Float32Array.from(values).buffer);

// Direct, tiles of 4×4 and of 2×2 (few rows, few columns, many channels), two groups.
describe.each([
  { inputs: 1, outputs: 5, groups: 1 },
  { inputs: 9, outputs: 12, groups: 1 },
  { inputs: 16, outputs: 32, groups: 2 },
  { inputs: 66, outputs: 9, groups: 1 },
])('$inputs → $outputs channels in $groups groups', ({ inputs, outputs, groups }) => {
  it.each([2, 3, 4, 5, 7, 8, 9, 13])('%d rows, 2 to 35 columns', async (height) => {
    for (let width = 2; width <= 35; width += width < 20 ? 1 : 5) {
      const hashes = await Promise.all(
        backends.map((backend) =>
          scope(async () => {
            const x = normal([2, inputs, height, width], { seed: height, stream: width, backend });
            const weight = normal([outputs, inputs / groups, 3, 3], { seed: 3, backend });
            const bias = normal([outputs], { seed: 4, backend });
            const options = { padding: 1, groups, bias, relu: true };
            // A neighbour in memory, which nobody may write to.
            const pooled = x.conv2d(weight, { ...options, pool: 2 });
            const neighbour = normal(pooled.shape, { seed: 5, backend });
            const before = bits(await neighbour.data());
            const again = x.conv2d(weight, { ...options, pool: 2 });
            expect(bits(await neighbour.data())).toEqual(before);
            const apart = bits(await x.conv2d(weight, options).maxPool2d(2).data());
            const message = `${height}×${width}`;
            expect(bits(await pooled.data()), message).toEqual(apart);
            expect(bits(await again.data()), message).toEqual(apart);
            return apart;
          }),
        ),
      );
      expect(hashes[1]).toEqual(hashes[0]);
    }
  });
});
