import { describe, expect, it } from 'vitest';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import { expectParity, sample } from './parity.ts';

describe('optimizer steps', () => {
  it.each([1, 3, 5, 17, 40_009])('AdamW, %d parameters', async (n) => {
    const inputs = [sample([n]), sample([n], -1, 1, 2), sample([n], -0.1, 0.1, 3), sample([n], 0, 0.1, 4)];
    for (const step of [1, 2, 1000]) {
      const attributes = {
        learningRate: 0.01,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: 0.05,
        step,
        clipNorm: 0,
        decayed: n,
      };
      // v̂ may be far below m̂ here, so a step may be some 30 learning rates.
      const tolerance = { relative: 1e-6, absolute: 1e-6 };
      await expectParity('adamwStep', inputs, [[n], [n], [n]], attributes, tolerance);
    }
  });

  it.each([1, 3, 5, 17, 40_009])('SGD, %d parameters', async (n) => {
    const inputs = [sample([n]), sample([n], -1, 1, 2), sample([n], -1, 1, 3)];
    for (const nesterov of [false, true]) {
      const attributes = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov };
      await expectParity('sgdStep', inputs, [[n], [n]], attributes, { relative: 1e-6, absolute: 1e-6 });
    }
  });

  it('works in place', async () => {
    const backend = await cpu({ threads: 2 });
    const [p, g, u] = [1, 2, 4].map((value) => {
      const buffer = backend.allocate(5, 'float');
      backend.upload(buffer, new Float32Array(5).fill(value));
      return { buffer, shape: [5] };
    });
    const attributes = { learningRate: 0.5, momentum: 0.5, weightDecay: 0, nesterov: false };
    backend.run('sgdStep', [p!, g!, u!], [p!, u!], attributes);
    expect(Array.from(await backend.download(p!.buffer, 5))).toEqual(new Array(5).fill(-1));
    expect(Array.from(await backend.download(u!.buffer, 5))).toEqual(new Array(5).fill(4));
    await backend.close();
  });
});
