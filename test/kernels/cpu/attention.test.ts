import { describe, it } from 'vitest';
import { array } from '../reference/run-op.ts';
import { expectParity, sample, uniform } from './parity.ts';

describe('attention', () => {
  it.each([
    [1, 1, 1, 1, 1],
    [2, 3, 5, 7, 3],
    [1, 1, 301, 16, 33],
    [3, 17, 4, 4, 16],
    [2, 5, 1, 13, 2],
    [8, 33, 65, 32, 32],
    [1, 7, 1009, 5, 19],
  ])('B %d, T %d, S %d, D %d, E %d', async (B, T, S, D, E) => {
    const inputs = [sample([B, T, D], -2, 2, 1), sample([B, S, D], -2, 2, 2), sample([B, S, E], -1, 1, 3)];
    // Values reach 1, and every output is a mean of them; scores reach 4·√D and carry their own rounding errors.
    const tolerance = { relative: 0, absolute: 2e-6 };
    await expectParity('attention', inputs, [[B, T, E]], { scale: 1 / Math.sqrt(D) }, tolerance);
  });

  it('takes nothing from behind a row', async () => {
    // The second batch is NaN: the first must not see it, though vectors reach over the end of its rows.
    const poisoned = (rows: number, size: number, seed: number) => {
      const values = uniform(2 * rows * size, -1, 1, seed).fill(Number.NaN, rows * size);
      return array([2, rows, size], values);
    };
    const inputs = [poisoned(3, 3, 1), poisoned(5, 3, 2), poisoned(5, 5, 3)];
    await expectParity('attention', inputs, [[2, 3, 5]], { scale: 1 }, { relative: 0, absolute: 1e-6 });
  });
});
