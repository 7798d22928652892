/** What kernels that read where they are told to refuse, before they read outside of a recording. */
import { afterAll, describe, expect, it } from 'vitest';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import type { OpAttributes } from '../../src/kernels/ops.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import { LEVEL_COLUMNS, readLevel, writeLevel } from '../../src/kernels/window-plan.ts';
import { apply1 } from '../../src/tensor/apply.ts';
import { indices, scope, tensor, zeros } from '../../src/tensor/index.ts';
import { rootsOfUnity } from '../../src/tensor/ops/logmel.ts';
import { describeGpu, openGpu } from '../support/gpu.ts';

const backends = [reference(), await cpu({ threads: 1 })];
afterAll(() => Promise.all(backends.map((backend) => backend.close())));

const attributes: OpAttributes['augmentWindows'] = {
  ...{ bands: 2, frames: 4, frequencyMasks: 1, timeMasks: 1 },
  ...{ seed: 1, stream: 2, step: 3, gain: false, noise: false, mixup: false },
};
/** offset, frames, start, partner, noise word, mask in frequency, mask in time; of a store of 12 values. */
const good = [2, 5, 4, 0, 0, 1, 1, 0, 4];

describe.each(backends.map((backend) => [backend.name, backend] as const))('on %s', (_, backend) => {
  const cut = (plan: readonly number[]) =>
    scope(() => {
      const store = zeros([12], { backend });
      const inputs = [
        store,
        indices(plan, { backend }).reshape([1, 9]),
        zeros([1, LEVEL_COLUMNS], { backend }),
      ];
      return apply1('augmentWindows', inputs, attributes).shape;
    });

  it('a plan that stays within its recordings is followed', () => {
    expect(cut(good)).toEqual([1, 1, 2, 4]);
  });

  it.each([
    ['begins before the store', 0, -1, /a recording of 5 frames at -1 is not within the store/],
    ['ends behind it', 0, 3, /a recording of 5 frames at 3 is not within the store \(store of 12 values/],
    ['has no frames', 1, 0, /a recording of 0 frames/],
    ['begins behind its recording', 2, 5, /frame 5 is not one of 5/],
    ['begins before its recording', 2, -1, /frame -1 is not one of 5/],
    ['is mixed with none', 3, 1, /there is no window 1/],
    ['has a mask past the last band', 6, 2, /mask 0 from 1, 2 wide, is not within the window/],
    ['has a mask before the first frame', 7, -1, /mask 1 from -1, 4 wide, is not within the window/],
  ])('a window that %s is refused', (_, column, value, message) => {
    expect(() => cut(good.map((each, i) => (i === column ? value : each)))).toThrow(message);
    expect(backend.memory().buffers).toBe(0);
  });

  it.each([-1, 5])('a band that begins at bin %d of 5 is refused', (bin) => {
    const run = () =>
      scope(() => {
        const inputs = [
          zeros([1, 8], { backend }),
          zeros([8], { backend }),
          tensor(rootsOfUnity(8), [8, 2], { backend }),
          indices([bin], { backend }),
          zeros([1, 1], { backend }),
        ];
        return apply1('melPower', inputs, { hopLength: 1, padding: 0, reflect: false }).shape;
      });
    expect(run).toThrow(`band 0 begins at bin ${bin}, of 5`);
  });
});

it('levels hold every bit of a float64', () => {
  const levels = new Float32Array(3);
  for (const value of [0.1, 1 / 3, 1 - 2 ** -53, -0.7 * 2 ** -30, Math.PI, 0]) {
    writeLevel(levels, 0, value);
    expect(readLevel(levels, 0)).toBe(value);
  }
});

await describeGpu('on webgpu', () => {
  it('a transform too long for it is refused', async () => {
    const backend = await openGpu();
    const n = 8193;
    const run = () =>
      scope(() => {
        const inputs = [
          zeros([1, n], { backend }),
          zeros([n], { backend }),
          zeros([n, 2], { backend }),
          indices([0], { backend }),
          zeros([1, 1], { backend }),
        ];
        return apply1('melPower', inputs, { hopLength: 1, padding: 0, reflect: false }).shape;
      });
    expect(run).toThrow('melPower: a transform of 8193 samples on webgpu. At most 8192');
    await backend.close();
  });
});
