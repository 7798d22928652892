/** One or two inputs, element by element: a quarter of a million to four million values. */
import { CALL, COST, type OpCase, opCase } from './case.ts';

/** The activations behind the second block of pcg-lite: what an unfused model would run these on. */
const X = [32, 32, 32, 64] as const;
const positive = { shape: X, domain: 'positive' } as const;
const elsewhere = { used: false } as const;

export const elementwise: readonly OpCase[] = [
  opCase('neg', [X], {}, { each: 1 }, elsewhere),
  opCase('exp', [X], {}, { each: COST.exp }, elsewhere),
  opCase('log', [positive], {}, { each: COST.log }, elsewhere),
  opCase('sqrt', [positive], {}, { each: 1 }, elsewhere),
  opCase('tanh', [X], {}, { each: COST.tanh }, elsewhere),
  opCase('sigmoid', [X], {}, { each: COST.sigmoid }, elsewhere),
  opCase('relu', [X], {}, { each: 1 }, elsewhere),
  opCase('gelu', [X], {}, { each: COST.gelu }, elsewhere),
  opCase('hardswish', [X], {}, { each: COST.hardswish }, elsewhere),
  opCase('erf', [X], {}, { each: COST.erf }, elsewhere),
  opCase('affine', [X], { scale: 0.5, offset: 1 }, { each: 2 }, elsewhere),
  opCase('add', [X, X], {}, { each: 1 }, elsewhere),
  opCase('add', [X, [32, 1, 1]], {}, { each: 1 }, elsewhere),
  opCase('add', [[32, 2], [2]], {}, { each: 1 }, { reason: CALL }),
  opCase('sub', [X, X], {}, { each: 1 }, elsewhere),
  opCase('mul', [X, X], {}, { each: 1 }, elsewhere),
  opCase('mul', [X, [32, 32, 1, 1]], {}, { each: 1 }, elsewhere),
  opCase('div', [X, positive], {}, { each: 1 }, elsewhere),
  opCase('maximum', [X, X], {}, { each: 1 }, elsewhere),
  opCase('minimum', [X, X], {}, { each: 1 }, elsewhere),
  opCase('greater', [X, X], {}, { each: 1 }, elsewhere),
  opCase('equal', [X, X], {}, { each: 1 }, elsewhere),
  opCase('reluBackward', [X, X], {}, { each: 1 }, elsewhere),
];
