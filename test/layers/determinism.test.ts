/** Whole training steps on `cpu`: the same bits for every number of threads. */
import { expect, it } from 'vitest';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { buildModel, crossEntropy } from '../../src/layers/index.ts';
import { normal, scope } from '../../src/tensor/index.ts';
import { hashOf } from '../support/hash.ts';
import { AdamwStepper } from './adamw.ts';

const adamw = { learningRate: 3e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05 };

/** Hash of every loss and variable after three steps of forward, backward and AdamW, with dropout. */
async function train(threads: number): Promise<{ hash: string; losses: number[]; buffers: number }> {
  const backend = await cpu({ threads });
  const model = buildModel({ name: 'pcg-lite', bands: 16, frames: 40, classes: 2 }, { seed: 7, backend });
  const optimizer = new AdamwStepper(model, adamw);
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    losses.push(
      await scope(() => {
        const x = normal([6, 1, 16, 40], { seed: 8, step, backend });
        const logits = model.forward(x, { training: true, seed: 7, step });
        return optimizer.minimise(crossEntropy(logits, [0, 1, 1, 0, 1, 0], { labelSmoothing: 0.1 }));
      }),
    );
  }
  const state = await model.state();
  const hash = hashOf(Float64Array.from(losses), ...[...state.values()].map(({ values }) => values));
  model.dispose();
  optimizer.dispose();
  const { buffers } = backend.memory();
  await backend.close();
  return { hash, losses, buffers };
}

it('three steps of pcg-lite have the same bits with 1, 2, 3 and 8 threads', async () => {
  const one = await train(1);
  expect(one.losses.every(Number.isFinite)).toBe(true);
  expect(new Set(one.losses).size, 'the parameters move').toBe(3);
  expect(one.buffers, 'buffers left behind').toBe(0);
  for (const threads of [2, 3, 8]) expect(await train(threads), `${threads} threads`).toEqual(one);
});
