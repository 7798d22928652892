import type { OpCase } from './case.ts';
import { elementwise } from './elementwise.ts';
import { layout } from './layout.ts';
import { others } from './others.ts';
import { pcgLite } from './pcg-lite.ts';

/** Every op at least once, those of pcg-lite first. */
export const cases: readonly OpCase[] = [pcgLite, others, elementwise, layout].flat();
