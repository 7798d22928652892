import { describe, it } from 'vitest';
import { array } from '../reference/run-op.ts';
import { expectParity, sample } from './parity.ts';

const tolerance = { relative: 2e-6, absolute: 1e-37 };
const SIZES = [1, 3, 4, 5, 17, 16384, 16387, 100_003];
const UNARY = ['neg', 'exp', 'log', 'sqrt', 'tanh', 'sigmoid', 'relu', 'gelu', 'hardswish', 'erf'] as const;
const BINARY = [
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'minimum',
  'greater',
  'equal',
  'reluBackward',
] as const;

/** Zeros, infinities, NaN, largest, smallest, and numbers where float32 functions overflow or vanish. */
const SPECIAL = [
  0,
  -0,
  1,
  -1,
  0.5,
  Infinity,
  -Infinity,
  Number.NaN,
  3.4e38,
  -3.4e38,
  1e-45,
  -1e-45,
  1.2e-38,
  88.7,
  88.8,
  -87.4,
  -103,
  -104.5,
  1000,
  -1000,
  9,
  -9,
  20,
  -20,
  3,
  -3,
  -13.5,
  -40,
  1e-20,
  -1e-20,
].map(Math.fround);

describe.each(UNARY)('%s', (op) => {
  it('agrees with the reference for odd sizes', async () => {
    for (const size of SIZES) {
      const inputs = [op === 'log' || op === 'sqrt' ? sample([size], 0, 100) : sample([size], -5, 5)];
      await expectParity(op, inputs, [[size]], {}, tolerance);
    }
  });

  it('agrees with the reference for special values', async () => {
    // Below 2e-38 the last place of a subnormal, 1.4e-45, is what counts; gelu's far left tail is 1e-13 in float64.
    const absolute = op === 'gelu' ? 1e-14 : 3e-45;
    await expectParity(
      op,
      [array([SPECIAL.length], SPECIAL)],
      [[SPECIAL.length]],
      {},
      { relative: 2e-6, absolute },
    );
  });
});

describe('affine', () => {
  it('agrees with the reference', async () => {
    for (const size of SIZES) {
      const absolute = 1e-6;
      await expectParity(
        'affine',
        [sample([size])],
        [[size]],
        { scale: 0.3, offset: -1.7 },
        { relative: 1e-6, absolute },
      );
    }
  });
});

/** Shapes of a and b, and what they broadcast to. */
const BROADCASTS = [
  [[], [], []],
  [[1], [1], [1]],
  [[5], [5], [5]],
  [
    [3, 17],
    [3, 17],
    [3, 17],
  ],
  [
    [2, 3, 41, 211],
    [2, 3, 41, 211],
    [2, 3, 41, 211],
  ],
  [[7, 5], [], [7, 5]],
  [[1], [40_009], [40_009]],
  [[5, 1], [5], [5, 5]],
  [[1009, 31], [31], [1009, 31]],
  [[31], [1009, 31], [1009, 31]],
  [[9, 2], [2], [9, 2]],
  [
    [4, 6, 67, 31],
    [6, 1, 1],
    [4, 6, 67, 31],
  ],
  [
    [4, 6, 1, 1],
    [4, 6, 67, 31],
    [4, 6, 67, 31],
  ],
  [
    [4, 6, 5, 3],
    [4, 1, 1, 3],
    [4, 6, 5, 3],
  ],
  [
    [3, 1, 5],
    [1, 7, 1],
    [3, 7, 5],
  ],
  [
    [2, 1, 3, 1, 2],
    [1, 2, 1, 3, 1],
    [2, 2, 3, 3, 2],
  ],
  [
    [13, 1],
    [1, 4001],
    [13, 4001],
  ],
  [[0, 3], [3], [0, 3]],
];

describe.each(BINARY)('%s', (op) => {
  it('agrees with the reference for every kind of broadcasting', async () => {
    for (const [a, b, y] of BROADCASTS) {
      await expectParity(
        op,
        [sample(a!, -2, 2, 1), sample(b!, -2, 2, 2)],
        [y!],
        {},
        { relative: 1e-7, absolute: 1e-7 },
      );
    }
  });

  it('agrees with the reference for special values', async () => {
    const n = SPECIAL.length;
    const inputs = [array([n, 1], SPECIAL), array([n], SPECIAL)];
    await expectParity(op, inputs, [[n, n]], {}, { relative: 1e-7, absolute: 1e-45 });
  });
});
