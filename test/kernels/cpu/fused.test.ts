/** Fused ops on `cpu`: the same bits as the ops they are made of, one after the other. */
import { afterAll, expect, it } from 'vitest';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import type { OpName } from '../../../src/kernels/ops.ts';
import { apply } from '../../../src/tensor/apply.ts';
import { noGrad, normal, scope } from '../../../src/tensor/index.ts';
import { table } from '../../../src/tensor/ops/table.ts';

const backend = await cpu({ threads: 2 });
afterAll(() => backend.close());

const ops = [
  'squeezeExcitation',
  'squeezeExcitationBackward',
  'attentionPool',
  'attentionPoolBackward',
] as const;

it.each(ops)('%s', (op: OpName) => {
  const { samples, unfused } = table[op];
  return scope(async () => {
    for (const { shapes } of samples) {
      const inputs = shapes.map((shape, stream) => normal(shape, { seed: 4, stream, backend }));
      const [fused, parts] = noGrad(() => [apply(op, inputs, {}), unfused!(inputs, {} as never)]);
      for (const [i, y] of fused.entries()) {
        const message = `output ${i} of ${JSON.stringify(shapes)}`;
        expect(new Int32Array((await y.data()).buffer), message).toEqual(
          new Int32Array((await parts[i]!.data()).buffer),
        );
      }
    }
  });
});
