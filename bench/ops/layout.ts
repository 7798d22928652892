/** Sums and maxima over axes, and ops that only move values. */

import { CALL, type OpCase, opCase } from './case.ts';
import { PARAMETERS } from './pcg-lite.ts';

const X = [32, 32, 32, 64] as const;
const elsewhere = { used: false } as const;
const rows = { shape: [256], domain: { indices: 512 } } as const;

export const layout: readonly OpCase[] = [
  opCase('sum', [X], { axes: [0, 2, 3], keepDims: false }, { each: 1 }, elsewhere),
  opCase('sum', [X], { axes: [1], keepDims: false }, { each: 1 }, elsewhere),
  opCase('sum', [[32, 2]], { axes: [0], keepDims: true }, { each: 1 }, { reason: CALL }),
  opCase('max', [X], { axes: [3], keepDims: false }, { each: 1 }, elsewhere),
  opCase('max', [X], { axes: [1], keepDims: false }, { each: 1 }, elsewhere),
  opCase('broadcastTo', [[32, 32, 1, 1]], { shape: X }, 0, elsewhere),
  opCase('permute', [X], { axes: [0, 2, 3, 1] }, 0, elsewhere),
  opCase('permute', [X], { axes: [1, 0, 2, 3] }, 0, elsewhere),
  opCase('slice', [X], { start: [0, 0, 1, 1], size: [32, 32, 30, 62] }, 0, elsewhere),
  opCase('pad', [X], { before: [0, 0, 1, 1], after: [0, 0, 1, 1], value: 0 }, 0, elsewhere),
  opCase('concat', [X, X], { axis: 1 }, 0, elsewhere),
  opCase('pack', PARAMETERS, {}, 0, {
    reason: '26 copies, most of them of a few numbers: finding their places takes longer',
  }),
  opCase('record', [[2000], [], []], { at: 7 }, 0, { used: false, reason: CALL }),
  opCase('gather', [[512, 2048], rows], { axis: 0 }, 0, elsewhere),
  opCase(
    'scatterAdd',
    [[256, 2048], rows],
    { axis: 0, size: 512 },
    { each: 1 },
    {
      used: false,
      reason:
        'above it on one thread; a piece is 256 columns of all rows, 8 KiB apart, and there are only eight',
    },
  ),
];
