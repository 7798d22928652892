import type { Inspection } from '../../../src/train/inspect/inspection.ts';
import { held, noise, RATE } from './sounds.ts';

/** Short noises, each its own, labels and sites by number. */
export function noises(count: number, of: (i: number) => object, seconds = 2) {
  return Array.from({ length: count }, (_, i) =>
    held(`r${String(i).padStart(3, '0')}`, noise(seconds * RATE, 0.3, i + 1), of(i)),
  );
}

export const codes = ({ findings }: Inspection) => findings.map(({ code }) => code);
export const one = ({ findings }: Inspection, code: string) => findings.find((each) => each.code === code);
