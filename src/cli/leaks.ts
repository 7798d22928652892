import { describeLeaks, type Leak } from '../train/leaks.ts';

/** What must stand beside every figure of a run whose split leaks. */
export function leakWarning(leaks: readonly Leak[]): string {
  return `TOO GOOD TO BE TRUE: the split leaks, and --allow-leaks was given: ${describeLeaks(leaks)}.`;
}
