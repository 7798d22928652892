import { afterAll, describe, it } from 'vitest';
import type { Padding, Pair } from '../../../src/kernels/ops.ts';
import { closeMachines, expectParity, type Input, noise } from './compare.ts';

afterAll(closeMachines);

/** Few different values, so that maxima are often equal; now and then a NaN. */
function ties(shape: readonly number[], withNaN: boolean): Input {
  const { values } = noise(shape, 8);
  const rounded = Float32Array.from(values, (v, i) =>
    withNaN && i % 23 === 7 ? Number.NaN : Math.round(2 * v),
  );
  return { shape, values: rounded };
}

const cases: readonly { x: number[]; kernel: Pair; stride?: Pair; padding?: Padding }[] = [
  { x: [2, 3, 8, 16], kernel: [2, 2] },
  { x: [2, 40, 9, 19], kernel: [2, 2] },
  { x: [1, 2, 3, 5], kernel: [2, 2] },
  { x: [2, 3, 9, 10], kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] },
  { x: [2, 3, 9, 10], kernel: [3, 2], stride: [1, 1], padding: [1, 0, 0, 1] },
  { x: [2, 3, 12, 20], kernel: [4, 1] },
  { x: [2, 3, 12, 21], kernel: [12, 21] },
  { x: [2, 3, 6, 7], kernel: [2, 2], stride: [3, 3] },
  { x: [1, 1, 4, 4], kernel: [2, 2], padding: [1, 1, 1, 1] },
];

for (const { x, kernel, stride = kernel, padding = [0, 0, 0, 0] as const } of cases) {
  describe(`pooling of [${x}] by ${kernel}, stride ${stride}, padding ${padding}`, () => {
    const attributes = { kernel, stride, padding };
    const out = (axis: 0 | 1) => {
      const padded = x[2 + axis]! + padding[2 * axis]! + padding[2 * axis + 1]!;
      return Math.floor((padded - kernel[axis]) / stride[axis]) + 1;
    };
    const y = [x[0]!, x[1]!, out(0), out(1)];

    it('maximum', async () => {
      for (const input of [noise(x), ties(x, false), ties(x, true)]) {
        await expectParity('maxPool2d', [input], [y], attributes);
        await expectParity('maxPool2dScatter', [input, noise(y, 3)], [x], attributes);
        await expectParity('maxPool2dGather', [input, noise(x, 4)], [y], attributes);
      }
    });
    it('average', async () => {
      await expectParity('avgPool2d', [noise(x)], [y], attributes);
      const inputSize: Pair = [x[2]!, x[3]!];
      await expectParity('avgPool2dBackward', [noise(y, 2)], [x], { ...attributes, inputSize });
    });
  });
}
