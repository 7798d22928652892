import { afterAll, expect, it } from 'vitest';
import { reference } from '../../src/kernels/reference/backend.ts';
import { apply } from '../../src/tensor/apply.ts';
import { grad, scope, type Tensor, tensor } from '../../src/tensor/index.ts';
import { normalValues } from '../../src/tensor/random.ts';
import { type Shape, sizeOf } from '../../src/tensor/shape.ts';

const backend = reference();
afterAll(() => backend.close());

function normal(shape: Shape, stream: number): Tensor {
  return tensor(normalValues(sizeOf(shape), { seed: 1, stream }), shape, { backend });
}

const dropout = { p: 0.3, perChannel: false, seed: 7, stream: 1, step: 2 };

it('without options is batchNorm with relu', () =>
  scope(async () => {
    const [x, gamma, beta] = [normal([2, 3, 4, 5], 1), normal([3], 2), normal([3], 3)];
    const block = x.batchNormBlock(gamma, beta);
    const parts = x.batchNorm(gamma, beta, { relu: true });
    for (const [i, output] of block.entries()) expect(await output.data()).toEqual(await parts[i]!.data());
  }));

it('trains as its parts do', () =>
  scope(async () => {
    const leaves = [normal([2, 3, 6, 5], 1), normal([3], 2), normal([3], 3)].map((leaf) =>
      leaf.requireGrad(),
    );
    const [x, gamma, beta] = leaves as [Tensor, Tensor, Tensor];
    const weights = normal([2, 3, 3, 2], 4);
    const block = x.batchNormBlock(gamma, beta, { pool: 2, dropout })[0];
    const parts = x.batchNorm(gamma, beta, { relu: true })[0].maxPool2d(2).dropout(dropout);
    const [got, want] = [block, parts].map((y) => grad(y.mul(weights).sum(), leaves));
    for (const [i, gradient] of got!.entries()) {
      const exact = await want![i]!.data();
      (await gradient.data()).forEach((value, j) => {
        expect(value).toBeCloseTo(exact[j]!, 12);
      });
    }
  }));

it('says what does not fit', () =>
  scope(() => {
    const [x, c] = [normal([2, 3, 4, 5], 1), normal([3], 2)];
    expect(() => x.reshape([2, 3, 20]).batchNormBlock(c, c)).toThrow('input [2,3,20] needs four axes');
    expect(() => x.batchNormBlock(c, normal([4], 3))).toThrow('[4] does not fit the 3 channels of [2,3,4,5]');
    expect(() => x.batchNormBlock(c, c, { pool: [5, 1] })).toThrow('a window of 5 does not fit into 4');
    expect(() => x.batchNormBlock(c, c, { pool: 0 })).toThrow('stride 0 along height');
    expect(() => x.batchNormBlock(c, c, { dropout: { ...dropout, p: 1 } })).toThrow('p = 1 is not in [0, 1)');
    const attributes = { epsilon: 1e-5, pool: [2, 2], dropout } as const;
    expect(() => apply('batchNormBlockBackward', [x, x, c, c, c, c], attributes)).toThrow(
      'gradient [2,3,4,5] does not fit [2,3,2,2]',
    );
  }));
